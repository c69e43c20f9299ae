//! The words that invented firms, estates, people and comments are made of.

/// First halves of firms' names.
pub const FIRMS: &[&str] = &[
    "海韵",
    "星帆",
    "云栖",
    "连湾",
    "碧涛",
    "瑞和",
    "嘉禾",
    "安澜",
    "恒睦",
    "槐风",
    "暖阳",
    "鼎睦",
    "泽邻",
    "和润",
    "锦邻",
    "远帆",
    "青屿",
    "宜居联",
    "万睦",
    "祥邻",
    "盛澜",
    "博爱邻",
    "晨帆",
    "亿邻",
    "浪花",
    "金屿",
    "同心邻",
    "福邻",
    "蓝湾",
    "长屿",
    "启明邻",
    "礼和",
    "思源邻",
    "望澜",
    "百合邻",
    "惠邻",
    "乐邻",
    "康邻",
    "众和",
    "至诚邻",
    "海棠邻",
    "仁邻",
    "立信邻",
    "光禾",
    "天禾",
    "松邻",
    "益邻",
    "品澜",
];

/// First halves of estates' names.
pub const ESTATES: &[&str] = &[
    "听涛", "望屿", "枫桥", "云麓", "槐香", "樱语", "海棠", "晴川", "碧落", "星澜", "锦澜", "和悦", "春晓",
    "秋月", "银帆", "金穗", "翠微", "兰庭", "梧桐", "长青",
];

/// Second halves of estates' names.
pub const ESTATE_KINDS: &[&str] = &["雅苑", "花园", "家园", "小区", "新村", "华庭", "里", "公馆"];

/// Family names.
pub const FAMILY: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "马", "朱", "胡", "郭", "何",
    "林", "高", "罗",
];

/// Given names.
pub const GIVEN: &[&str] = &[
    "海涛", "丽娜", "建军", "秀英", "志强", "晓梅", "国庆", "春兰", "明远", "雪峰", "玉华", "立新", "思雨",
    "大伟", "慧敏", "永刚",
];

/// Comments of those who give four or five stars.
pub const GOOD: &[&str] = &[
    "楼道每天有人打扫，很干净。",
    "报修后当天就来人了，态度也好。",
    "门岗认真，陌生人都会登记。",
    "下雪当天早上就清出了路，老人出门放心。",
    "绿化修剪及时，小区比去年好看多了。",
    "电梯坏了两个小时就修好，还在群里说明原因。",
    "管家很负责，业主群里的问题都有回复。",
    "收支按月贴在公告栏，看得明白。",
    "垃圾分类点收得勤，夏天也没有味道。",
    "换了新物业以后，停车秩序好了很多。",
];

/// Comments of those who give three stars.
pub const FAIR: &[&str] = &[
    "总体还行，保洁有时不及时。",
    "保安年纪偏大，夜里巡逻少。",
    "报修要催一次才来，修得还可以。",
    "绿化一般，草坪有些地方秃了。",
    "停车位紧张，希望能规范一下外来车辆。",
    "物业费不高，服务也就这样。",
];

/// Comments of those who give one or two stars.
pub const BAD: &[&str] = &[
    "楼道灯坏了三周没人管。",
    "电梯经常停，打电话总说在协调。",
    "垃圾堆到下午才清，味道很大。",
    "水泵房漏水报修半个月了还没修。",
    "消防通道被占，反映多次没有结果。",
    "收费时很积极，修东西找不到人。",
];

/// Comments that are held: they name a phone number. The numbers are nobody's: they are too regular
/// to be given out.
pub const HELD: &[&str] = &["楼下太吵，有事打我电话 13000000000。", "维修找老张 13111111111，比物业快。"];

/// What firms answer.
pub const REPLIES: &[&str] = &[
    "感谢您的认可，我们会继续努力。",
    "您反映的问题已安排专人处理，三日内答复。",
    "已维修完毕，给您带来不便深表歉意。",
    "感谢反馈，保洁频次自本周起增加到每日两次。",
];

/// What assessors note.
pub const NOTES: &[&str] = &[
    "现场检查，台账齐全。",
    "公共区域整洁，个别楼道有堆物。",
    "报修响应及时，居民反映较好。",
    "消防设施需加强巡检。",
];

#[cfg(test)]
mod tests {
    use xinwu_domain::screen::find;

    use super::*;

    #[test]
    fn only_what_is_meant_to_be_held_is() {
        for text in [GOOD, FAIR, BAD, REPLIES, NOTES].concat() {
            assert_eq!(find(text), None, "{text}");
        }
        assert!(HELD.iter().all(|text| find(text).is_some()));
    }
}
