//! Characters that stand for others: radicals for whole characters, traditional for simplified.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// One a line: a traditional character, a tab, the simplified one; see `data/README.md`.
const TRADITIONAL: &str = include_str!("../../../data/traditional.tsv");

static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let pair = |line: &str| {
        let mut characters = line.chars();
        Some((characters.next()?, characters.nth(1)?))
    };
    TRADITIONAL.lines().filter_map(pair).collect()
});

/// Radicals of the CJK Radicals Supplement that are characters by themselves, each followed by the
/// character: a PDF gives the one for the other. NFKC knows two of them, and the Kangxi radicals.
const RADICALS: &str = "⺁厂⺇几⺊卜⺌小⺎尢⺒巳⺓幺⺜日⺝月⺟母⺠民⺧牛⺩王⺪疋⺫目⺬示⺮竹⺱网⺶羊⺷羊⺹老⺻聿⺼月⺽臼\
    ⻁虎⻄西⻅见⻆角⻇角⻉贝⻊足⻋车⻏邑⻑長⻓长⻔门⻕阜⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻞食⻡首⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤\
    ⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟";

/// Whether a character is only a part of others: a Kangxi radical, or one of the supplement.
pub(super) fn is_radical(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{2fd5}')
}

/// The whole character for its radical; others stay.
pub(super) fn whole(character: char) -> char {
    if !is_radical(character) {
        return character;
    }
    let mut known = RADICALS.chars();
    while let (Some(radical), Some(whole)) = (known.next(), known.next()) {
        if radical == character {
            return whole;
        }
    }
    std::iter::once(character).nfkc().next().unwrap_or(character)
}

/// What a character is found as.
pub(super) fn found(character: char) -> char {
    if character.is_ascii() {
        return character;
    }
    // Circles that stand for the ideograph zero.
    if matches!(character, '○' | '◯') {
        return '〇';
    }
    let whole = whole(character);
    SIMPLIFIED.get(&whole).copied().unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_pair_and_none_leads_to_another() {
        assert_eq!(SIMPLIFIED.len(), TRADITIONAL.lines().count());
        for (traditional, simplified) in SIMPLIFIED.iter() {
            assert!(!SIMPLIFIED.contains_key(simplified), "{traditional} {simplified}");
            assert!(traditional.is_alphanumeric() && simplified.is_alphanumeric());
        }
        for (traditional, simplified) in [('萬', '万'), ('後', '后'), ('廈', '厦'), ('乾', '乾')] {
            assert_eq!(found(traditional), simplified);
        }
    }

    #[test]
    fn radicals_are_whole_characters() {
        assert!(RADICALS.chars().step_by(2).all(is_radical));
        assert!(!RADICALS.chars().skip(1).step_by(2).any(is_radical));
        assert_eq!([whole('⻢'), whole('⼀'), whole('⻳'), whole('马')], ['马', '一', '龟', '马']);
    }
}
