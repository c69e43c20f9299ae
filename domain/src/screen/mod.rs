//! The one screen of texts that everyone reads: comments, firms' replies and commitments, and what
//! officials say: a record's title and detail, and the grounds that they give.
//!
//! A hit is held until a person has looked at it: better one held for nothing than one leaked.
//! Credit codes of firms, dates, times, amounts of money and numbers of documents are no hits.

mod contacts;
mod dwellings;
mod fold;
mod numbers;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::refusal::Refusal;
use crate::text::Text;

/// What a text is held for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum HeldReason {
    /// A mobile or landline number.
    PhoneNumber,
    /// A resident's identity number, of 18 or of 15 places.
    IdentityNumber,
    /// An address of e-mail.
    Email,
    /// An account of WeChat or QQ.
    Account,
    /// A dwelling: a room with its building or unit.
    Dwelling,
    /// Its writer put it in the place of one that officials had hidden.
    Rewritten,
}

impl HeldReason {
    /// The reason in words for the writer.
    pub fn text(self) -> Text {
        match self {
            HeldReason::PhoneNumber => Text::new(
                "疑似含有电话号码，经核实后公开",
                "It seems to hold a phone number: an official looks at it first",
            ),
            HeldReason::IdentityNumber => Text::new(
                "疑似含有身份证号码，经核实后公开",
                "It seems to hold an identity number: an official looks at it first",
            ),
            HeldReason::Email => Text::new(
                "疑似含有电子邮箱地址，经核实后公开",
                "It seems to hold an e-mail address: an official looks at it first",
            ),
            HeldReason::Account => Text::new(
                "疑似含有微信号或QQ号，经核实后公开",
                "It seems to hold an account of WeChat or QQ: an official looks at it first",
            ),
            HeldReason::Dwelling => Text::new(
                "疑似含有具体门牌号，经核实后公开",
                "It seems to name a dwelling: an official looks at it first",
            ),
            HeldReason::Rewritten => Text::new(
                "此前的内容已被隐藏，修改后的内容经核实后公开",
                "What stood here before was hidden: an official looks at this first",
            ),
        }
    }
}

/// What in a text must not be shown before a person has looked at it, however it is written: in
/// full width, circled, as keycaps or in Chinese numerals, with marks on the digits and with
/// anything between them that is neither letter nor digit.
pub fn find(text: &str) -> Option<HeldReason> {
    let glyphs = numbers::without_credit_codes(fold::fold(text));
    numbers::find(&glyphs).or_else(|| contacts::find(&glyphs)).or_else(|| dwellings::find(&glyphs))
}

/// A text that is shown with what it belongs to and has no state of its own (a commitment, an
/// official's note or reason) is refused with a hit in it.
///
/// # Errors
/// [`Refusal::Invalid`] of the field at `pointer`.
pub fn require_showable<'a>(pointer: &str, text: impl Into<Option<&'a str>>) -> Result<(), Refusal> {
    if text.into().and_then(find).is_none() {
        return Ok(());
    }
    let words = Text::new(
        "该内容将公开，请删去电话号码、身份证号码、微信号、QQ号、电子邮箱和门牌号",
        "It is shown to everyone: leave out phone and identity numbers, accounts, e-mail addresses and dwellings",
    );
    Err(Refusal::invalid(pointer, "personal_information", words))
}

#[cfg(test)]
mod tests;
