//! The order of names.

use pinyin::ToPinyin;

use super::syllables::characters;

/// How words are read whose characters have another reading by themselves; the longest that fits
/// counts.
const WORDS: &[(&str, &[&str])] = &[
    ("长孙", &["zhang3", "sun1"]),
    ("长者", &["zhang3", "zhe3"]),
    ("长老", &["zhang3", "lao3"]),
    ("成长", &["cheng2", "zhang3"]),
    ("家长", &["jia1", "zhang3"]),
    ("重庆", &["chong2", "qing4"]),
    ("重阳", &["chong2", "yang2"]),
    ("重新", &["chong2", "xin1"]),
    ("大厦", &["da4", "sha4"]),
    ("广厦", &["guang3", "sha4"]),
    ("曾经", &["ceng2", "jing1"]),
    ("单位", &["dan1", "wei4"]),
    ("单元", &["dan1", "yuan2"]),
    ("单身", &["dan1", "shen1"]),
    ("朴素", &["pu3", "su4"]),
    ("朝阳", &["chao2", "yang2"]),
    ("成都", &["cheng2", "du1"]),
    ("首都", &["shou3", "du1"]),
    ("都市", &["du1", "shi4"]),
    ("银行", &["yin2", "hang2"]),
    ("音乐", &["yin1", "yue4"]),
    ("番禺", &["pan1", "yu2"]),
    ("蚌埠", &["beng4", "bu4"]),
    ("六安", &["lu4", "an1"]),
    ("台州", &["tai1", "zhou1"]),
    ("乐清", &["yue4", "qing1"]),
    ("洪洞", &["hong2", "tong2"]),
    ("莘庄", &["xin1", "zhuang1"]),
    ("尉迟", &["yu4", "chi2"]),
];

/// Characters that names read otherwise than most texts do.
const IN_NAMES: &[(char, &str)] =
    &[('长', "chang2"), ('厦', "xia4"), ('曾', "zeng1"), ('仇', "qiu2"), ('覃', "qin2"), ('沈', "shen3")];

/// Surnames that are read so at the beginning of a name and before 氏 and 家.
const SURNAMES: &[(char, &str)] = &[('单', "shan4"), ('朴', "piao2"), ('翟', "zhai2"), ('柏', "bai3")];

/// Sorts names as a Chinese reader expects, by pinyin, when keys are compared byte by byte (in a
/// database: `COLLATE "C"` or `BINARY`). Each character by the reading that it has in names, with
/// its tone; digits before letters, Latin letters among the syllables; where names read the same,
/// by their characters. A name comes before the longer ones in which it is read the same.
pub fn sort_key(name: &str) -> String {
    let written: Vec<char> = characters(name).collect();
    let mut key = String::with_capacity(name.len() * 3);
    let mut position = 0;
    while let Some((character, behind)) = written.get(position..).and_then(<[char]>::split_first) {
        let rest = written.get(position..).unwrap_or_default();
        if let Some((_, readings)) = WORDS.iter().find(|(word, _)| begins(rest, word)) {
            for reading in *readings {
                push(&mut key, reading);
            }
            position += readings.len();
            continue;
        }
        let is_surname = position == 0 || matches!(behind.first(), Some('氏' | '家'));
        let known = IN_NAMES.iter().chain(SURNAMES.iter().filter(|_| is_surname));
        let known = known.copied().find(|(each, _)| each == character);
        match (known, character.to_pinyin()) {
            (Some((_, reading)), _) => push(&mut key, reading),
            (None, Some(pinyin)) => push(&mut key, pinyin.with_tone_num_end()),
            (None, None) => push(&mut key, character.encode_utf8(&mut [0; 4])),
        }
        position += 1;
    }
    // Lower than any letter or digit again, so that the shorter name stands first.
    key.push('!');
    key.extend(written);
    key
}

fn begins(written: &[char], word: &str) -> bool {
    let mut written = written.iter();
    word.chars().all(|character| written.next() == Some(&character))
}

fn push(key: &mut String, reading: &str) {
    key.extend(reading.chars().map(|letter| if letter == 'ü' { 'v' } else { letter }));
    // Lower than any letter or digit, so that "an" stands before "ang".
    key.push(' ');
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
    fn names_are_read_as_names() {
        let reads = |name: &str, reading: &str| {
            let key = sort_key(name);
            assert!(key.starts_with(&format!("{reading} ")), "{name}: {key}");
        };
        reads("长江路", "chang2 jiang1 lu4");
        reads("重庆路", "chong2 qing4");
        reads("重点物业", "zhong4");
        reads("厦门建发", "xia4 men2");
        reads("国际大厦", "guo2 ji4 da4 sha4");
        reads("曾氏物业", "zeng1");
        reads("仇家湾", "qiu2");
        reads("单家村", "shan4 jia1");
        reads("单位宿舍", "dan1 wei4");
        reads("三单元", "san1 dan1");
        reads("朴氏", "piao2");
        reads("覃家", "qin2");
        reads("大连单家沟", "da4 lian2 shan4");
        reads("長城", "chang2");
        reads("女儿河", "nv3 er2");
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
