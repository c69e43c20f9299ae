//! What stands in messages: a signature and templates, as providers have approved them.

use xinwu_persistence::people::code::CODE_LIFE;

use super::Content;
use crate::config::Config;

/// In characters.
const LONGEST_SIGNATURE: usize = 20;
const LONGEST_TEXT: usize = 200;

/// The texts of messages, with the signature before them.
#[derive(Debug, Clone)]
pub(super) struct Wording {
    code: String,
    notice: String,
}

impl Wording {
    pub(super) fn of(config: &Config) -> Wording {
        let signed = |text: &str| format!("【{}】{text}", config.sms_signature);
        let minutes = CODE_LIFE.num_minutes().to_string();
        Wording {
            code: signed(&config.sms_code_text).replace("{minutes}", &minutes),
            notice: signed(&config.sms_notice_text),
        }
    }

    /// What stands on the phone.
    pub(super) fn text(&self, content: &Content) -> String {
        match content {
            Content::Code(code) => self.code.replace("{code}", code),
            Content::Notice(sentence) => self.notice.replace("{text}", sentence),
        }
    }
}

/// What is wrong with the settings of messages' texts.
pub(crate) fn faults(config: &Config, faults: &mut Vec<String>) {
    let is_short = (1..=LONGEST_SIGNATURE).contains(&config.sms_signature.chars().count());
    if !is_short || !config.sms_signature.chars().all(is_plain) {
        faults.push(format!(
            "sms_signature: must have 1 to {LONGEST_SIGNATURE} characters on one line, without brackets, such as 信物"
        ));
    }
    for (name, text, needed, may) in [
        ("sms_code_text", &config.sms_code_text, "code", &["code", "minutes"][..]),
        ("sms_notice_text", &config.sms_notice_text, "text", &["text"]),
    ] {
        let names_right = in_braces(text).is_some_and(|found| {
            found.iter().filter(|each| **each == needed).count() == 1
                && found.iter().all(|each| may.contains(each))
        });
        let is_short = text.chars().count() <= LONGEST_TEXT;
        let mut others = text.chars().filter(|each| !matches!(each, '{' | '}'));
        if !names_right || !is_short || !others.all(is_plain) {
            let known: Vec<String> = may.iter().map(|each| format!("{{{each}}}")).collect();
            faults.push(format!(
                "{name}: must hold {{{needed}}} once, in braces nothing but {}, and at most {LONGEST_TEXT} \
                 characters on one line, without 【】: the signature is put before it",
                known.join(" and ")
            ));
        }
    }
}

/// Whether it may stand in a text as it is: 【】 are the signature's.
fn is_plain(character: char) -> bool {
    !character.is_control() && !matches!(character, '【' | '】' | '{' | '}')
}

/// What stands in braces; none where a brace is without its other.
fn in_braces(text: &str) -> Option<Vec<&str>> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(['{', '}']) {
        let (_, from) = rest.split_at(at);
        let (name, behind) = from.strip_prefix('{')?.split_once('}')?;
        found.push(name);
        rest = behind;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_holds_what_it_needs_once_and_nothing_unknown() {
        let faults_of = |change: &dyn Fn(&mut Config)| -> Vec<String> {
            let mut config = Config::default();
            change(&mut config);
            let mut found = Vec::new();
            faults(&config, &mut found);
            found.iter().filter_map(|fault| Some(fault.split_once(':')?.0.to_owned())).collect()
        };
        let of_code = |text: &str| faults_of(&|config| text.clone_into(&mut config.sms_code_text));
        let of_signature = |text: &str| faults_of(&|config| text.clone_into(&mut config.sms_signature));
        assert!(faults_of(&|_| {}).is_empty());
        let long = format!("{{code}}{}", "长".repeat(195));
        for text in [
            "",
            "验证码",
            "{code}{code}",
            "{code} {name}",
            "{code",
            "code}",
            "{code}\n",
            "【甲】{code}",
            &long,
        ] {
            assert_eq!(of_code(text), ["sms_code_text"], "{text}");
        }
        let longest = format!("{{code}}{}", "长".repeat(194));
        for text in ["{code}", "{minutes}分钟内有效：{code}", &longest] {
            assert!(of_code(text).is_empty(), "{text}");
        }
        let of_notice = faults_of(&|config| "{code}".clone_into(&mut config.sms_notice_text));
        assert_eq!(of_notice, ["sms_notice_text"]);
        for text in ["", "【信物】", "信\n物", "一二三四五六七八九十一二三四五六七八九十一"]
        {
            assert_eq!(of_signature(text), ["sms_signature"], "{text}");
        }
    }

    #[test]
    fn what_a_sentence_holds_is_not_filled_in() {
        let wording = Wording::of(&Config::default());
        assert_eq!(
            wording.text(&Content::Code("246810".to_owned())),
            "【信物】验证码 246810，5分钟内有效，请勿告诉他人。"
        );
        let sentence = "{minutes}{code}{text}";
        assert_eq!(
            wording.text(&Content::Notice(sentence.to_owned())),
            "【信物】{minutes}{code}{text}。详情请登录查看。"
        );
    }
}
