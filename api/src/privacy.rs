//! What people are told of their data, and agree to with their first sign-in.

use std::io::Read;
use std::path::Path;

use xinwu_domain::text::{Language, Text};

use crate::config::Config;

/// The version of the text that comes with the program: the day on which it was written.
pub const BUILT_IN: &str = "2026-11-30";
const BUILT_IN_ZH: &str = include_str!("../../data/privacy.zh.md");
const BUILT_IN_EN: &str = include_str!("../../data/privacy.en.md");

/// The longest text, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The text in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Privacy {
    pub version: String,
    pub text: Text,
}

impl Privacy {
    /// That of the settings, with their days.
    ///
    /// # Errors
    /// A sentence for each file that cannot be used.
    pub fn load(config: &Config) -> Result<Privacy, Vec<String>> {
        let files = (&config.privacy_version, &config.privacy_text_zh_file, &config.privacy_text_en_file);
        let (version, zh, en) = match files {
            (Some(version), Some(zh), Some(en)) => {
                let (zh, en) = (read("privacy_text_zh_file", zh), read("privacy_text_en_file", en));
                match (zh, en) {
                    (Ok(zh), Ok(en)) => (version.clone(), zh, en),
                    (zh, en) => return Err(zh.err().into_iter().chain(en.err()).collect()),
                }
            }
            _ => (BUILT_IN.to_owned(), BUILT_IN_ZH.to_owned(), BUILT_IN_EN.to_owned()),
        };
        Ok(Privacy { version, text: Text::new(with_days(&zh, config), with_days(&en, config)) })
    }

    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.text.zh,
            Language::English => &self.text.en,
        }
    }
}

fn with_days(text: &str, config: &Config) -> String {
    [
        ("{unlink_days}", config.unlink_days),
        ("{session_days}", config.retention_session_days),
        ("{claim_days}", config.retention_claim_days),
        ("{audit_days}", config.retention_audit_days),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (name, days)| text.replace(name, &days.to_string()))
}

fn read(setting: &str, path: &Path) -> Result<String, String> {
    let fault = |why: String| format!("{setting}: {}: {why}", path.display());
    let file = std::fs::File::open(path).map_err(|error| fault(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|error| fault(error.to_string()))?;
    if bytes.len() as u64 > LONGEST {
        return Err(fault("has more than 64 KiB".to_owned()));
    }
    let text = String::from_utf8(bytes).map_err(|_| fault("is no text in UTF-8".to_owned()))?;
    if text.trim().is_empty() { Err(fault("is empty".to_owned())) } else { Ok(text) }
}
