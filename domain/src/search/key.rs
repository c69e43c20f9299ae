//! The order of names.

use pinyin::ToPinyin;

use super::syllables::characters;

/// Sorts names as a Chinese reader expects, by pinyin, when keys are compared byte by byte (in a
/// database: `COLLATE "C"` or `BINARY`). Each character by its most common reading with its tone;
/// digits before letters, Latin letters among the syllables; where names read the same, by their
/// characters. A name comes before the names that it begins.
pub fn sort_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len() * 3);
    let mut written = String::with_capacity(name.len());
    for character in characters(name) {
        match character.to_pinyin() {
            Some(pinyin) => {
                key.extend(
                    pinyin.with_tone_num_end().chars().map(|letter| if letter == 'ü' { 'v' } else { letter }),
                );
            }
            None => key.push(character),
        }
        // Lower than any letter or digit, so that "an" stands before "ang".
        key.push(' ');
        written.push(character);
    }
    // Lower than any letter or digit again, so that the shorter name stands first.
    key.push('!');
    key.push_str(&written);
    key
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_sorted_by_pinyin() {
        let expected = [
            "3号院",
            "安居",
            "安居物业",
            "昂立",
            "保利",
            "大连",
            "e家",
            "恒大",
            "绿城",
            "万科",
            "万科城",
            "万科物业",
            "中海",
        ];
        let mut sorted = expected;
        sorted.reverse();
        sorted.sort_by_key(|name| sort_key(name));
        assert_eq!(sorted, expected);
    }

    #[test]
    fn width_and_case_make_no_difference_and_homophones_differ() {
        assert_eq!(sort_key("幸福ｅ家"), sort_key("幸福E家"));
        assert_ne!(sort_key("金帝"), sort_key("金地"));
    }

    proptest! {
        #[test]
        fn a_name_comes_before_those_it_begins(name in "[一-龥a-z0-9]{1,10}", more in "[一-龥a-z0-9]{1,5}") {
            let longer = format!("{name}{more}");
            prop_assert!(sort_key(&name) < sort_key(&longer));
        }
    }
}
