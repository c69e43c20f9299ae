//! A JSON text as a tree: read strictly, and as it was meant.

use std::cell::RefCell;
use std::fmt;
use std::fmt::Write;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use xinwu_domain::refusal::FieldFault;
use xinwu_domain::text::Text;
use xinwu_domain::typed;

use super::form::MOST_FAULTS;
use super::words::Fault;

/// Fields that are compared byte by byte: they are taken as they are sent.
const AS_SENT: &[&str] = &["password", "current_password", "client_secret", "refresh_token"];

/// The most characters of a name that are told with a fault: a client may send any name.
const LONGEST_NAME: usize = 100;

/// How the texts of a body are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    /// As they are shown, but for those that are compared byte by byte.
    Shown,
    /// As they are sent.
    AsSent,
}

/// Reads a JSON text. Texts come as `texts` says ([`typed::name`]), whole numbers as integers
/// (`5.0` is 5). A field that stands twice in its object, and U+0000, which is text to one database
/// and not to the other, are faults; the first [`MOST_FAULTS`] of them are told.
///
/// # Errors
/// What is not JSON.
pub(super) fn read(bytes: &[u8], texts: Texts) -> Result<(Value, Vec<Fault>), serde_json::Error> {
    let faults = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let root = Reader { at: At::Root, is_as_sent: texts == Texts::AsSent, faults: &faults };
    let tree = root.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok((tree, faults.into_inner()))
}

/// A name as a segment of an RFC 6901 pointer.
pub(super) fn segment(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Where a value stands. It becomes a pointer only with a fault: most values have none, and a body
/// may have hundreds of thousands.
#[derive(Clone, Copy)]
enum At<'a> {
    Root,
    Item(&'a At<'a>, usize),
    Field(&'a At<'a>, &'a str),
}

impl At<'_> {
    fn pointer(self) -> String {
        let mut pointer = String::new();
        self.write(&mut pointer);
        pointer
    }

    fn write(self, pointer: &mut String) {
        match self {
            At::Root => {}
            At::Item(above, position) => {
                above.write(pointer);
                // A String takes whatever is written.
                write!(pointer, "/{position}").unwrap_or_default();
            }
            At::Field(above, name) => {
                above.write(pointer);
                pointer.push('/');
                pointer.push_str(&segment(&told(name)));
            }
        }
    }
}

/// A name as it is told.
pub(super) fn told(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect()
}

struct Reader<'a> {
    at: At<'a>,
    is_as_sent: bool,
    faults: &'a RefCell<Vec<Fault>>,
}

impl Reader<'_> {
    fn note(&self, code: &'static str, words: Text, is_rule: bool) {
        let mut faults = self.faults.borrow_mut();
        if faults.len() < MOST_FAULTS {
            faults.push(Fault { fault: FieldFault::new(self.at.pointer(), code, words), is_rule });
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        // Beyond 2^53 a float is no longer one certain integer.
        let is_whole = value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0;
        let integer = is_whole.then(|| format!("{value:.0}").parse::<i64>().ok()).flatten();
        Ok(integer.map(Number::from).or_else(|| Number::from_f64(value)).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        if text.contains('\0') {
            let words = Text::new("不能含控制字符", "must not hold control characters");
            self.note("control_character", words, true);
        }
        Ok(Value::String(if self.is_as_sent { text.to_owned() } else { typed::name(text) }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let at = At::Item(&self.at, list.len());
            let reader = Reader { at, is_as_sent: self.is_as_sent, faults: self.faults };
            match items.next_element_seed(reader)? {
                Some(item) => list.push(item),
                None => return Ok(list.into()),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let is_as_sent = self.is_as_sent || AS_SENT.contains(&name.as_str());
            let field = || Reader { at: At::Field(&self.at, &name), is_as_sent, faults: self.faults };
            let value = fields.next_value_seed(field())?;
            if object.contains_key(&name) {
                let name = told(&name);
                let words =
                    Text::new(format!("字段 {name} 出现了两次"), format!("the field {name} stands twice"));
                field().note("duplicate_field", words, false);
            }
            object.insert(name, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_and_numbers_are_read_as_they_were_meant() {
        let body = r#"{"name": " \u200b万科 ", "password": " as sent ", "area": 1200.0, "share": 0.5, "list": [5.0, "⻢", -0.0, 1e300]}"#;
        let (tree, faults) = read(body.as_bytes(), Texts::Shown).unwrap();
        let expected = json!({"name": "万科", "password": " as sent ", "area": 1200, "share": 0.5, "list": [5, "马", 0, 1e300]});
        assert_eq!(tree, expected);
        assert!(faults.is_empty());
    }

    #[test]
    fn repeated_fields_and_u_0000_are_named_with_their_places() {
        let (_, faults) =
            read(br#"{"a": 1, "b": [{"c/d": 1, "c/d": 2}, "x\u0000"], "a": 2}"#, Texts::Shown).unwrap();
        let mut told: Vec<(&str, &str)> =
            faults.iter().map(|each| (each.fault.pointer.as_str(), each.fault.code)).collect();
        told.sort_unstable();
        assert_eq!(
            told,
            [("/a", "duplicate_field"), ("/b/0/c~1d", "duplicate_field"), ("/b/1", "control_character")]
        );
        for bad in ["", "{", "{}}", "nul", "\"\\ud800\""] {
            assert!(read(bad.as_bytes(), Texts::Shown).is_err(), "{bad}");
        }
    }

    #[test]
    fn texts_that_are_kept_whole_are_taken_as_they_are_sent() {
        let (tree, faults) = read(br#"{"text": "\n\n# a\n\n", "list": [" b "]}"#, Texts::AsSent).unwrap();
        assert_eq!(tree, json!({"text": "\n\n# a\n\n", "list": [" b "]}));
        assert!(faults.is_empty());
    }

    #[test]
    fn no_more_faults_are_told_than_a_form_has_and_of_a_name_only_its_beginning() {
        let nothing = format!("[{}0]", "\"\\u0000\",".repeat(50_000));
        let body = format!(r#"{{"{}": {nothing}}}"#, "n".repeat(300_000));
        let (_, faults) = read(body.as_bytes(), Texts::Shown).unwrap();
        assert_eq!(faults.len(), MOST_FAULTS);
        assert_eq!(faults[31].fault.pointer, format!("/{}/31", "n".repeat(LONGEST_NAME)));
    }
}
