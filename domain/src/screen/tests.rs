use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::uscc::Uscc;

fn all_are(reason: Option<HeldReason>, texts: &[&str]) {
    let wrong: Vec<(&str, Option<HeldReason>)> =
        texts.iter().map(|text| (*text, find(text))).filter(|(_, found)| *found != reason).collect();
    assert_eq!(wrong, []);
}

#[test]
fn phone_numbers_are_found_however_they_are_written() {
    all_are(
        Some(HeldReason::PhoneNumber),
        &[
            "13812345678",
            "请联系13812345678，王师傅",
            "138 1234 5678",
            "139    1234    5678",
            "139:1234:5678",
            "139：1234：5678",
            "138-1234-5678",
            "138－1234—5678",
            "138|1234|5678",
            "138…1234…5678",
            "138🈲1234🈲5678",
            "138（1234）5678",
            "138¥1234¥5678",
            "１３８１２３４５６７８",
            "1 3 8 1 2 3 4 5 6 7 8",
            "138.1234.5678",
            "138\n12345678",
            "138\u{200b}12345678",
            "+86 138 1234 5678",
            "8613812345678",
            "013812345678",
            "1203室 13812345678",
            "1203 13812345678",
            "13812345678 13912345678",
            "wx13812345678abc",
            "2026-11-21 138-1234-5678",
            "18:30 打 138 1234 5678",
            "①③⑧①②③④⑤⑥⑦⑧",
            "❶❸❽❶❷❸❹❺❻❼❽",
            "➀➂➇➊➋➌➍➎➏➐➑",
            "⓵⓷⓼⓪⓿⓷⓸⓹⓺⓻⓼",
            "⒈⒊⒏⒈⒉⒊⒋⒌⒍⒎⒏",
            "⑴⑶⑻⑴⑵⑶⑷⑸⑹⑺⑻",
            "㊀㊂㊇㊀㊁㊂㊃㊄㊅㊆㊇",
            "1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣",
            "1\u{332}3\u{332}8\u{332}12345678",
            "𝟏𝟑𝟖𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖",
            "١٣٨١٢٣٤٥٦٧٨",
            "一三八一二三四五六七八",
            "电话：一三九〇零〇零一二三四",
            "壹叁捌壹贰叁肆伍陆柒捌",
            "幺三八幺二三四五六七八",
            "唯一一三八一二三四五六七八",
            "统一13812345678",
            "壹 叁 玖 1234 五六七八",
            "电话一三九，一二三四，五六七八",
            "0411-84312345",
            "（0411）84312345",
            "0411 8431 2345",
            "０４１１：８４３１：２３４５",
            "010-65121234",
            "0411-8431234",
            "0411-84312345-801",
            "物业费138.50元，电话13812345678",
            "l38l2345678",
            "I38O2345678",
        ],
    );
}

#[test]
fn identity_numbers_are_found_however_they_are_written() {
    all_are(
        Some(HeldReason::IdentityNumber),
        &[
            "11010519491231002X",
            "身份证11010519491231002x。",
            "110105194912310021",
            "110105 19491231 0021",
            "110105 19491231 002 X",
            "110105:1949:1231:002X",
            "１１０１０５１９４９１２３１００２Ｘ",
            "一一零一零五一九四九一二三一零零二X",
            "1️⃣1️⃣0️⃣1️⃣0️⃣5️⃣1️⃣9️⃣4️⃣9️⃣1️⃣2️⃣3️⃣1️⃣0️⃣0️⃣2️⃣X",
            "110105491231002",
            "110105-491231-002",
            "编号：11010519491231002X",
            "11010519491231002×",
            "11010519491231002Х",
        ],
    );
}

#[test]
fn addresses_and_accounts_are_found() {
    all_are(
        Some(HeldReason::Email),
        &["发到 wang.li@163.com", "ＷＡＮＧ＠ＱＱ．ＣＯＭ", "邮箱 wang @ qq . com", "12345@qq.com"],
    );
    all_are(
        Some(HeldReason::Account),
        &[
            "微信 lihua_88",
            "加我微信：lihuawang",
            "微信号是lihua88",
            "微 信 lihua88",
            "薇信lihua1988",
            "V信：abc12345",
            "加V abc12345",
            "vx:abc12345",
            "v.x abc12345",
            "ＶＸ：ＡＢＣ１２３４５",
            "wxid_abc12345",
            "WX lihua-88",
            "ⓦⓧ：abc12345",
            "🅥🅧 abc12345",
            "wechat: lihuawang",
            "微信同号：lihua88",
            "微信 88123456",
            "QQ12345678",
            "QQ：１２３４５６７８",
            "q q 号 是 12345678",
            "扣扣①②③④⑤⑥",
            "QQ群 123456789",
            "加q123456",
            "QQ：123 456 789",
            "QQ 123-456-789",
            "扣扣 1 2 3 4 5 6 7",
            "qq邮箱12345678",
            "Q号12345678",
            "徽信：lihua88",
            "加薇 lihua88",
        ],
    );
}

#[test]
fn dwellings_are_found() {
    all_are(
        Some(HeldReason::Dwelling),
        &[
            "3号楼2单元501室",
            "3号楼2单元1203室天天扰民",
            "住在３号楼２单元５０１",
            "三号楼二单元五零一室",
            "十二号楼一单元五〇一",
            "3栋501的业主",
            "3幢-501室",
            "3#501",
            "3#楼501室",
            "A座1203",
            "2单元 501 漏水",
            "3号楼 5层 501室",
            "3号楼2-501室",
            "3-2-501室",
            "3-501室养狗",
            "五号楼501号",
            "③号楼②单元⑤⓪①室",
            "3 号 楼 2 单 元 501 室",
            "3號樓2單元501室",
            "第3栋第2单元第501室",
            "3号楼2门501",
            "人民路12号501室",
            "3-2-501",
            "3—2—501室",
            "3号楼2026室",
            "2单元5层1号",
            "3号楼2单元五楼东户",
        ],
    );
}

#[test]
fn ordinary_texts_are_shown() {
    all_are(
        None,
        &[
            "物业费2.30元，面积89.5平米",
            "3号楼电梯常坏，2单元门禁也坏了",
            "1、3、5、7、9、11、13、15号楼都停水",
            "3号楼120户、5号楼96户都没有水",
            "2号楼2026-11-21停电",
            "3号楼 18:30 停水，12号恢复",
            "3号楼电费138.50元",
            "一栋一栋地检查，三室一厅的房子",
            "活动室201-205室",
            "1单元 110 已经来过",
            "3号楼2026春节停电，5号楼 2025 年也是",
            "1-2-3号楼，11-2-2026",
            "12号楼301路公交站，东门120急救",
            "2单元5层1号电梯坏了，3楼东侧没灯",
            "11月12号201元",
            "i5 1380元，5l水",
            "2026-11-21 18:30 停电",
            "15:30，2026-11-2，9:30",
            "13:00、9:30、18:00 各一次",
            "2026年11月21日至2026年12月5日",
            "二〇二六年十一月二十一日",
            "报修3次，48小时才来",
            "12812345678",
            "138123456",
            "24小时电话95598、12345",
            "热线 400-812-3456",
            "编号20261121123456789012",
            "编号：DL-2026-13-00012-3456",
            "工单号 2026-138-12345-67890",
            "5 4 3 2 1",
            "收入13,812,345.67元，支出13,812,345,678元",
            "¥138.00 ¥1200.50 ¥13.80",
            "138123456.78元",
            "满意率15.5%、92.25%、78.5%",
            "中市监罚字〔2026〕138号",
            "（2026）辽0202民初13812号",
            "大住建罚决字[2026]第0012号",
            "大连物业管理有限公司 91210200241281392F",
            "9121 0200 2412 8139 2F",
            "91-210200-716996405-L",
            "统一社会信用代码91110108551385082Q。",
            "91310115MA1H8R7C6D",
            "请加微信群了解，关注微信公众号：dlwuye2026",
            "用微信支付138.00元，微信缴费1200.50元",
            "微信转账12000元，QQ音乐",
            "QQ群 2026-11-21 通知，QQ 2026 11 21",
            "更加vip的服务",
            "@物业 请处理",
            "一、保洁；二、保安；三、绿化；四、维修；五、态度",
            "一三五值班，二四六休息，七天无休",
        ],
    );
}

#[test]
fn what_is_shown_with_its_owner_is_refused_by_name() {
    assert_eq!(require_showable("/commitment", "已退还，承诺明码标价。"), Ok(()));
    let refused = require_showable("/commitment", "请联系 138 1234 5678").unwrap_err();
    assert_eq!(refused.to_string(), "invalid: personal_information");
}

/// A digit in one of the forms that a person reads as one.
fn written(digit: u32, form: usize) -> String {
    let of = |forms: &str| forms.chars().nth(digit as usize).unwrap().to_string();
    match form {
        1 => of("０１２３４５６７８９"),
        2 => of("⓪①②③④⑤⑥⑦⑧⑨"),
        3 => of("⓿❶❷❸❹❺❻❼❽❾"),
        4 => of("零一二三四五六七八九"),
        5 => of("〇壹贰叁肆伍陆柒捌玖"),
        6 => of("零幺两三四五六七八九"),
        7 => format!("{digit}\u{fe0f}\u{20e3}"),
        8 => format!("{digit}\u{336}"),
        9 => of("𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"),
        _ => digit.to_string(),
    }
}

const SEPARATORS: [&str; 22] = [
    " ", "  ", "    ", "\u{3000}", "-", "－", "—", ":", "：", ".", "·", "、", "，", "/", "|", "~", "*", "_",
    "…", "()", "\n", "🈲",
];

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        find(&text);
    }

    #[test]
    fn a_phone_number_is_found_wherever_it_stands_and_however_it_is_cut(
        number in "1[3-9][0-9]{9}", before in "[甲-申]{0,20}", after in "[甲-申]{0,20}",
        cuts in proptest::collection::btree_set(1_usize..11, 0..4), separator in select(&SEPARATORS[..]), form in 0_usize..10,
    ) {
        let mut cut = String::new();
        for (place, digit) in number.chars().enumerate() {
            if cuts.contains(&place) { cut.push_str(separator); }
            cut.push_str(&written(digit.to_digit(10).unwrap(), form));
        }
        let text = format!("{before}{cut}{after}");
        prop_assert_eq!(find(&text), Some(HeldReason::PhoneNumber), "{}", text);
    }

    #[test]
    fn digits_of_every_form_are_read_side_by_side(number in "1[3-9][0-9]{9}", forms in proptest::collection::vec(0_usize..10, 11)) {
        let digits = number.chars().zip(&forms).map(|(digit, form)| written(digit.to_digit(10).unwrap(), *form));
        let text: String = digits.collect();
        prop_assert!(find(&text).is_some(), "{}", text);
    }

    #[test]
    fn an_identity_number_is_found_however_it_is_cut(
        region in "(11|21|31|44|65)[0-9]{4}", year in 1900_u32..2026, month in 1_u32..13, day in 1_u32..29, last in "[0-9]{3}[0-9X]",
        cut in 0_usize..18, separator in select(&SEPARATORS[..]), form in 0_usize..10,
    ) {
        let number = format!("{region}{year}{month:02}{day:02}{last}");
        let mut text = String::new();
        for (place, digit) in number.chars().enumerate() {
            if place == cut { text.push_str(separator); }
            match digit.to_digit(10) {
                Some(digit) => text.push_str(&written(digit, form)),
                None => text.push(digit),
            }
        }
        prop_assert!(find(&text).is_some(), "{}", text);
    }

    #[test]
    fn no_credit_code_is_held(first in "9[123][0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}", link in select(&["", " ", "-"][..]), at in 1_usize..17) {
        let code = Uscc::with_check(&first).unwrap().to_string();
        let (head, tail) = code.split_at(at);
        for text in [format!("代码{code}。"), format!("{head}{link}{tail}"), format!("见{},{}", code.to_lowercase(), code)] {
            prop_assert_eq!(find(&text), None, "{}", text);
        }
    }

    #[test]
    fn no_dates_and_times_are_held(
        moments in proptest::collection::vec((1990_u32..2100, 1_u32..13, 1_u32..29, 0_u32..24, 0_u32..60), 1..4),
        form in 0_usize..6, link in select(&["至", "、", "，", " ~ ", "\n"][..]),
    ) {
        let each = moments.iter().map(|(year, month, day, hour, minute)| match form {
            0 => format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}"),
            1 => format!("{year}/{month}/{day} {hour}:{minute:02}"),
            2 => format!("{year}年{month}月{day}日{hour}时{minute}分"),
            3 => format!("{hour:02}:{minute:02}，{year}.{month}.{day}"),
            4 => format!("{hour}:{minute:02}"),
            _ => format!("{year}-{month}-{day}"),
        });
        let text = each.collect::<Vec<_>>().join(link);
        prop_assert_eq!(find(&text), None, "{}", text);
    }

    #[test]
    fn no_amounts_of_money_are_held(
        amounts in proptest::collection::vec(0_u64..100_000_000_000, 1..5), form in 0_usize..6, link in select(&["、", "，", " ", "和"][..]),
    ) {
        let thousands = |yuan: u64| {
            let digits = yuan.to_string();
            let parts: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).unwrap()).collect();
            parts.join(",")
        };
        let each = amounts.iter().map(|fen| match form {
            0 => format!("{}.{:02}元", fen / 100, fen % 100),
            1 => format!("¥{}.{:02}", fen / 100, fen % 100),
            2 => format!("{}元", fen / 100),
            3 => format!("￥{}", thousands(fen / 100)),
            4 => format!("{}.{:02} 元", thousands(fen / 100), fen % 100),
            _ => format!("{}.{}万元", fen / 1_000_000, fen % 10),
        });
        let text = each.collect::<Vec<_>>().join(link);
        prop_assert_eq!(find(&text), None, "{}", text);
    }

    #[test]
    fn no_numbers_of_documents_are_held(year in 2000_u32..2100, number in 1_u32..1_000_000, long in "[0-9]{12,14}", form in 0_usize..7) {
        let text = match form {
            0 => format!("中市监罚字〔{year}〕{number}号"),
            1 => format!("（{year}）辽0202民初{number}号"),
            2 => format!("大住建罚决字[{year}]第{number:05}号"),
            3 => format!("见《通知》（大住建发{{{year}}}{number}号）"),
            4 => format!("编号：DL-{year}-{number:06}-0138"),
            5 => format!("工单号 {year}-{number:06}-138"),
            _ => format!("合同号{long}"),
        };
        prop_assert_eq!(find(&text), None, "{}", text);
    }
}
