//! `/schemes` and below it: how a grade is made, from the scheme's own data.

use actix_web::{HttpResponse, get};
use askama::Template;
use xinwu_domain::access::op;
use xinwu_domain::credit::{
    ComponentKind, ComponentView, ItemView, SchemeVersionView, SchemeView, VersionState,
};
use xinwu_domain::entity::Entity;
use xinwu_domain::scheme::Disputed;
use xinwu_persistence::credit::scheme;

use super::{Page, first, html};
use crate::cache::Tag;
use crate::extract::{Path, VersionNumber};
use crate::permit::Permit;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "schemes.html")]
struct Schemes {
    p: Page,
    title: &'static str,
    schemes: Vec<SchemeView>,
}

#[derive(Template)]
#[template(path = "scheme.html")]
struct ShownVersion {
    p: Page,
    scheme: SchemeVersionView,
}

/// What a state of a version is called.
fn state(page: &Page, state: VersionState) -> &'static str {
    match state {
        VersionState::InForce => page.t("施行中", "in force"),
        VersionState::Announced => page.t("已公布，尚未施行", "announced, not in force yet"),
        VersionState::Past => page.t("已废止", "no longer in force"),
    }
}

#[get("/schemes")]
pub(super) async fn list_schemes(permit: Permit<op::ListSchemes>, p: Page) -> Result<HttpResponse, Problem> {
    let now = permit.now();
    permit
        .cached_html(move |conn| {
            let schemes = scheme::list(conn, now, &first(100))?.items;
            let title = p.t("等级是怎样评出来的", "How a grade is made");
            Ok((html(&Schemes { p, title, schemes })?, vec![Tag::Any(Entity::Scheme)]))
        })
        .await
}

#[get("/schemes/{id}")]
pub(super) async fn show_scheme(
    permit: Permit<op::GetScheme>,
    p: Page,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let now = permit.now();
    permit
        .cached_html(move |conn| {
            let schemes = vec![scheme::get(conn, &id, now)?];
            let title = p.t("评分办法", "Rules");
            Ok((html(&Schemes { p, title, schemes })?, vec![Tag::Any(Entity::Scheme)]))
        })
        .await
}

#[get("/schemes/{id}/versions/{number}")]
pub(super) async fn show_version(
    permit: Permit<op::GetSchemeVersion>,
    p: Page,
    Path((id, VersionNumber(number))): Path<(String, VersionNumber)>,
) -> Result<HttpResponse, Problem> {
    let now = permit.now();
    permit
        .cached_html(move |conn| {
            let scheme = scheme::version(conn, &id, number, now)?;
            Ok((html(&ShownVersion { p, scheme })?, vec![Tag::Any(Entity::Scheme)]))
        })
        .await
}

impl Schemes {
    fn state(&self, of: &VersionState) -> &'static str {
        state(&self.p, *of)
    }
}

impl ShownVersion {
    fn state(&self) -> &'static str {
        state(&self.p, self.scheme.state)
    }

    /// The score, and below each component those that it is made of; then those that only serve a
    /// condition.
    fn parts(&self) -> Vec<&ComponentView> {
        let all = &self.scheme.components;
        let mut parts: Vec<&ComponentView> = Vec::with_capacity(all.len());
        let others = all.iter().rev().map(|component| component.id.as_str());
        let mut waiting: Vec<&str> = others.chain([self.scheme.score.as_str()]).collect();
        while let Some(id) = waiting.pop() {
            let found = all.iter().find(|component| component.id == id);
            let Some(part) = found.filter(|part| !parts.iter().any(|known| known.id == part.id)) else {
                continue;
            };
            parts.push(part);
            waiting.extend(part.parts.iter().rev().map(|below| below.of.as_str()));
        }
        parts
    }

    fn counts_while_disputed(&self) -> bool {
        self.scheme.disputed == Disputed::Counts
    }

    /// What a component is called.
    fn name<'a>(&'a self, id: &'a str) -> &'a str {
        let named = self.scheme.components.iter().find(|component| component.id == id);
        named.map_or(id, |component| self.p.text(&component.name))
    }

    /// How a kind of component comes to its value.
    fn kind(&self, kind: &ComponentKind) -> &'static str {
        let p = &self.p;
        match kind {
            ComponentKind::Constant => p.t("固定的分值", "a number that everyone has"),
            ComponentKind::Records => p.t("按良好信息和不良信息加减分", "points for rewards and penalties"),
            ComponentKind::Assessments => p.t("街道、社区等的评价得分", "officials’ assessments"),
            ComponentKind::Residents => p.t("住户评价的服务得分", "residents’ service score"),
            ComponentKind::Metric => p.t("一项指标的数值", "a reported figure"),
            ComponentKind::Table => p.t("按所达到的数值分档计分", "points by what a figure reaches"),
            ComponentKind::Sum => p.t("各部分之和", "the sum of its parts"),
            ComponentKind::Weighted => p.t("各部分按权重相加", "its parts, weighted"),
            ComponentKind::Highest => p.t("各部分中最高的", "the highest of its parts"),
            ComponentKind::Lowest => p.t("各部分中最低的", "the lowest of its parts"),
            ComponentKind::RollUp => p.t("由各项目汇总", "put together from its projects"),
        }
    }

    /// A detail of a component in words; `None` leaves it as the file has it.
    fn detail(&self, name: &str) -> &'static str {
        let p = &self.p;
        match name {
            "value" => p.t("分值", "value"),
            "assessors" => p.t("评价主体", "assessed by"),
            "score" => p.t("采用的得分", "score used"),
            "period" => p.t("评价周期", "period"),
            "periods" => p.t("周期数", "periods"),
            "minimum" => p.t("最少样本", "least sample"),
            "months" => p.t("月数", "months"),
            "prior" => p.t("没有评价时的星级", "stars without ratings"),
            "prior_weight" => p.t("相当于几份评价", "counted as so many ratings"),
            "times" => p.t("乘数", "multiplier"),
            "key" => p.t("指标", "figure"),
            "validity" => p.t("有效期", "term"),
            "missing" => p.t("缺少时", "where missing"),
            "steps" => p.t("分档", "steps"),
            "by" => p.t("汇总依据", "weighted by"),
            "projects" => p.t("项目范围", "projects"),
            "most_share" => p.t("单个项目权重上限", "most of one project"),
            _ => "",
        }
    }

    /// A word of the scheme's file, for people.
    fn word(&self, word: &str) -> String {
        let p = &self.p;
        let one = |word: &str| {
            let known = match word {
                "community" => p.t("社区", "community"),
                "street" => p.t("街道", "street"),
                "district" => p.t("区县", "district"),
                "city" => p.t("市级", "city"),
                "province" => p.t("省级", "province"),
                "state" => p.t("国家级", "state"),
                "service" => p.t("服务", "service"),
                "party" => p.t("党建", "party building"),
                "quarter" => p.t("季度", "quarter"),
                "half" | "halfyear" => p.t("半年", "half-year"),
                "year" => p.t("年度", "year"),
                "area" => p.t("面积", "area"),
                "households" => p.t("户数", "households"),
                "evenly" => p.t("平均", "evenly"),
                "worst" => p.t("取最低", "the worst"),
                "current" => p.t("在管项目", "those running now"),
                "period" => p.t("评价期内的项目", "those of the period"),
                "always" => p.t("每次", "each"),
                "minor" => p.t("轻微", "minor"),
                "ordinary" => p.t("一般", "ordinary"),
                "serious" => p.t("严重", "serious"),
                "from" => p.t("最低", "from"),
                "to" => p.t("最高", "to"),
                "reference" => p.t("参考", "usually"),
                "once" => p.t("只计一次", "once"),
                "highest" => p.t("只计最高的一次", "the highest only"),
                "each" => p.t("每次都计", "each time"),
                "forever" => p.t("长期", "without end"),
                "calendar year" => p.t("自然年", "the calendar year"),
                other => return other.to_owned(),
            };
            known.to_owned()
        };
        if let Some(months) = word.strip_suffix(" months").filter(|_| p.lang() == "zh") {
            return format!("{months}个月");
        }
        if let Some(days) = word.strip_suffix(" days").filter(|_| p.lang() == "zh") {
            return format!("{days}天");
        }
        word.split(", ").map(one).collect::<Vec<_>>().join(p.t("、", ", "))
    }

    /// The points of an item, in one line.
    fn points(&self, item: &ItemView) -> String {
        let points: Vec<String> = item
            .points
            .iter()
            .map(|(name, points)| match *name {
                "always" => points.clone(),
                name => format!("{} {points}", self.word(name)),
            })
            .collect();
        points.join(self.p.t("；", "; "))
    }

    /// The scores of a grade as people write an interval.
    fn scores(&self, grade: &str) -> String {
        let band = self.scheme.bands.iter().find(|band| band.grade == grade);
        band.map_or_else(String::new, |band| interval(&self.p, &band.scores))
    }

    /// What a rule does to a grade.
    fn effect(&self, rule: &xinwu_domain::credit::RuleView) -> String {
        let p = &self.p;
        let of = |grade: &Option<String>, zh: &str, en: &str| {
            grade.as_ref().map(|grade| match p.lang() {
                "en" => format!("{en} {grade}"),
                _ => format!("{zh} {grade}"),
            })
        };
        let list =
            rule.list.map(|list| format!("{}{}", p.t("列入", "puts on the "), p.list(&list).to_lowercase()));
        let effects = [
            of(&rule.at_most, "等级不高于", "the grade is at most"),
            of(&rule.at_least, "等级不低于", "the grade is at least"),
            of(&rule.grade, "等级为", "the grade is"),
            list,
        ];
        effects.into_iter().flatten().collect::<Vec<_>>().join(p.t("；", "; "))
    }
}

/// `[80, 85)` as 80 及以上、85 以下.
fn interval(p: &Page, scores: &str) -> String {
    let inner = scores.get(1..scores.len().saturating_sub(1)).unwrap_or_default();
    let Some((low, high)) = inner.split_once(", ") else { return scores.to_owned() };
    let low = match (low.contains('∞'), scores.starts_with('[')) {
        (true, _) => None,
        (false, true) => Some(match p.lang() {
            "en" => format!("{low} and above"),
            _ => format!("{low} 分及以上"),
        }),
        (false, false) => Some(match p.lang() {
            "en" => format!("above {low}"),
            _ => format!("高于 {low} 分"),
        }),
    };
    let high = match (high.contains('∞'), scores.ends_with(']')) {
        (true, _) => None,
        (false, true) => Some(match p.lang() {
            "en" => format!("up to {high}"),
            _ => format!("{high} 分及以下"),
        }),
        (false, false) => Some(match p.lang() {
            "en" => format!("below {high}"),
            _ => format!("低于 {high} 分"),
        }),
    };
    low.into_iter().chain(high).collect::<Vec<_>>().join(p.t("，", ", "))
}
