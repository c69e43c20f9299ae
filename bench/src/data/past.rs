//! Three years of rewards, penalties and assessments.

use std::collections::HashMap;

use chrono::{Days, NaiveDate, NaiveTime};
use xinwu_api::demo::plan::Tier;
use xinwu_domain::calendar::{Month, Period};
use xinwu_domain::catalogue::{RecordKind, Severity};
use xinwu_domain::record::publicity::{Wish, public_until, retain_until};
use xinwu_domain::word::Word;

use super::bulk::{Bulk, Table, V};
use super::city::{City, Project};
use super::people::{OFFICIAL, account_id};
use super::registers::stored;
use crate::Result;

/// Records in all.
const RECORDS: u64 = 50_000;
/// Days of the past in which they were decided: three years.
const DAYS: u64 = 3 * 365;

const RECORD: Table = Table {
    name: "record",
    columns: "id,kind,category,uscc,project_id,manager_id,level,severity,title,detail,document_number,authority,evidence,decided_on,\
              public_until,retain_until,points,state,place,drafted_by,drafted_at,confirmed_by,known_from,disputed,demo,updated_at,version",
};
const RECORD_STEP: Table = Table { name: "record_step", columns: "record_id,step,by_account,at" };
const ASSESSMENT: Table = Table {
    name: "assessment",
    columns: "id,project_id,period,assessor,service_thousandths,party_thousandths,note,evidence,state,revision,by_account,known_from,updated_at,version",
};

/// Category, severity, title.
type Kind = (&'static str, Severity, &'static str);

const REWARDS: [Kind; 6] = [
    ("R101", Severity::Ordinary, "区级先进物业企业"),
    ("R304", Severity::Minor, "参与清雪保畅"),
    ("R404", Severity::Ordinary, "垃圾分类示范小区"),
    ("R501", Severity::Minor, "捐助困难家庭"),
    ("R201", Severity::Ordinary, "成立项目党支部"),
    ("R104", Severity::Minor, "员工拾金不昧"),
];
const PENALTIES: [Kind; 4] = [
    ("P102", Severity::Ordinary, "投诉逾期未处理"),
    ("P103", Severity::Ordinary, "投诉整改后居民仍不满意"),
    ("P104", Severity::Minor, "未公示收费标准"),
    ("P101", Severity::Serious, "长期不履行合同义务"),
];

pub fn add(bulk: &mut Bulk<'_>, city: &City) -> Result<()> {
    let mut of_firm: HashMap<usize, Vec<&Project>> = HashMap::new();
    for project in &city.projects {
        of_firm.entry(project.firm).or_default().push(project);
    }
    let officials = [account_id(city.seed, OFFICIAL), account_id(city.seed, OFFICIAL + 1)];
    for n in 0..RECORDS {
        record(bulk, city, n, &of_firm, &officials)?;
    }
    assessments(bulk, city, &officials[0])
}

fn record(
    bulk: &mut Bulk<'_>,
    city: &City,
    n: u64,
    of_firm: &HashMap<usize, Vec<&Project>>,
    [drafter, confirmer]: &[String; 2],
) -> Result<()> {
    let chance = |stream, bound| city.seed.below(stream, n, bound);
    let firm_at = (n % city.firms.len() as u64) as usize;
    let firm = &city.firms[firm_at];
    let of_a_hundred_rewards = match firm.tier {
        Tier::Excellent | Tier::Good => 97,
        Tier::Fair => 90,
        Tier::Ordinary => 80,
        Tier::Poor | Tier::Vetoed => 45,
    };
    let (kind, (category, severity, title)) = if chance(30, 100) < of_a_hundred_rewards {
        (RecordKind::Reward, REWARDS[chance(31, 6) as usize])
    } else {
        (RecordKind::Penalty, PENALTIES[chance(31, 4) as usize])
    };
    let decided =
        city.today.checked_sub_days(Days::new(5 + chance(32, DAYS - 5))).ok_or("the day is out of range")?;
    let later = |days| stored((decided + Days::new(days)).and_time(NaiveTime::MIN));
    let (drafted, confirmed) = (later(1), later(1 + chance(33, 4)));
    let project = of_firm.get(&firm_at).and_then(|all| all.get(chance(34, all.len() as u64 * 2) as usize));
    let shown =
        public_until(kind, severity, decided, Wish::default()).map_err(|refusal| format!("{refusal:?}"))?;
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
    let (shown, kept) = (day(shown), day(retain_until(kind, decided)));
    let maybe = |text: &Option<String>| text.is_some();
    let id = city.seed.id(35, n);
    let (uscc, decided) = (firm.uscc.to_string(), decided.to_string());
    let (title, number) = (format!("{title}（演示）"), format!("演示决字第{}号", n + 1));
    let evidence = format!("[\"演示卷宗-{}\"]", n + 1);
    bulk.row(
        &RECORD,
        &[
            V::T(&id),
            V::T(kind.into_str()),
            V::T(category),
            V::T(&uscc),
            project.map_or(V::N, |project| V::T(&project.id)),
            V::N,
            V::T("district"),
            V::T(severity.into_str()),
            V::T(&title),
            V::T("演示数据，内容系虚构。"),
            V::T(&number),
            V::T("演示区住房和城乡建设局"),
            V::T(&evidence),
            V::T(&decided),
            if maybe(&shown) { V::T(shown.as_deref().unwrap_or_default()) } else { V::N },
            if maybe(&kept) { V::T(kept.as_deref().unwrap_or_default()) } else { V::N },
            V::T("[]"),
            V::T("in_force"),
            V::T(City::district(&firm.registered)),
            V::T(drafter),
            V::T(&drafted),
            V::T(confirmer),
            V::T(&confirmed),
            V::B(false),
            V::B(true),
            V::T(&confirmed),
            V::I(3),
        ],
    )?;
    for (step, by, at) in [
        ("drafted", drafter, &drafted),
        ("submitted", drafter, &drafted),
        ("confirmed", confirmer, &confirmed),
    ] {
        bulk.row(&RECORD_STEP, &[V::T(&id), V::T(step), V::T(by), V::T(at)])?;
    }
    Ok(())
}

/// Community and street assess each project for each of the last twelve closed quarters.
fn assessments(bulk: &mut Bulk<'_>, city: &City, official: &str) -> Result<()> {
    let current = Month::containing(city.today).ok_or("the day is out of range")?;
    let mut n = 0;
    for quarter in (1..=12).rev() {
        let period = Period::quarter_of(current.plus(-3 * quarter).ok_or("the day is out of range")?);
        let name = period.to_string();
        for project in &city.projects {
            if project.ends_on.is_some_and(|end| end < period.first_day())
                || project.starts_on > period.last_day()
            {
                continue;
            }
            for assessor in ["community", "street"] {
                n += 1;
                let known = period.last_day() + Days::new(1 + city.seed.below(40, n, 3));
                let known = stored(known.and_time(NaiveTime::MIN));
                let (low, high) = city.firms[project.firm].tier.assessed();
                let score =
                    |stream| (low * 10 + city.seed.below(stream, n, ((high - low) * 10) as u64) as i64) * 100;
                let (id, evidence) = (city.seed.id(41, n), format!("[\"演示检查表-{n}\"]"));
                bulk.row(
                    &ASSESSMENT,
                    &[
                        V::T(&id),
                        V::T(&project.id),
                        V::T(&name),
                        V::T(assessor),
                        V::I(score(42)),
                        V::I(score(43)),
                        V::T("现场检查，台账齐全。"),
                        V::T(&evidence),
                        V::T("in_force"),
                        V::I(1),
                        V::T(official),
                        V::T(&known),
                        V::T(&known),
                        V::I(1),
                    ],
                )?;
            }
        }
    }
    Ok(())
}
