//! The firms and estates that are invented, each a place of the city's.

use xinwu_domain::estate::EstateKind;
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::uscc::Uscc;

use super::super::random::Dice;
use super::super::words;
use super::{Estate, Firm, PlaceRow, Size, Special, Tier};

/// Estates by district, out of 120, in the order of the codes.
const DISTRICTS: [(&str, usize); 10] = [
    ("210202", 14),
    ("210203", 12),
    ("210204", 20),
    ("210211", 26),
    ("210212", 8),
    ("210213", 16),
    ("210214", 8),
    ("210224", 2),
    ("210281", 8),
    ("210283", 6),
];

pub(super) fn firm(at: usize, all: usize, places: &[PlaceRow], dice: &mut Dice) -> Option<Firm> {
    let special = match all - at {
        1 => Special::NotResidential,
        2 => Special::LostAll,
        3 => Special::Refuses,
        _ if at % 11 == 10 => Special::OfStreet,
        _ => Special::No,
    };
    let tier = match at % 41 {
        5 => Tier::Excellent,
        12 => Tier::Good,
        8 | 19 | 30 => Tier::Fair,
        16 | 27 => Tier::Poor,
        36 => Tier::Vetoed,
        _ => Tier::Ordinary,
    };
    let word = words::FIRMS.get(at % words::FIRMS.len()).copied().unwrap_or_default();
    let (district, _) = DISTRICTS.get(at % DISTRICTS.len()).copied().unwrap_or_default();
    let registered = match special {
        Special::OfStreet => below(places, district, PlaceLevel::Street, dice)
            .map_or(district.to_owned(), |row| row.code.clone()),
        _ => district.to_owned(),
    };
    Some(Firm {
        uscc: Uscc::with_check(&format!("91219900MA0D{at:05}")).ok()?,
        name: format!("演示{word}物业管理有限公司"),
        short_name: format!("演示{word}物业"),
        former_name: (at.is_multiple_of(5)).then(|| {
            let old = words::ESTATES.get(at % words::ESTATES.len()).copied().unwrap_or_default();
            format!("演示{old}房产服务有限公司")
        }),
        registered,
        tier,
        special,
    })
}

pub(super) fn estates(size: Size, places: &[PlaceRow], dice: &mut Dice) -> Vec<Estate> {
    // One in each district first; then by size.
    let mut districts: Vec<&str> = DISTRICTS.iter().map(|(code, _)| *code).collect();
    let mut rest: Vec<&str> = DISTRICTS
        .iter()
        .flat_map(|(code, weight)| std::iter::repeat_n(*code, weight.saturating_sub(1)))
        .collect();
    dice.shuffle(&mut rest);
    districts.extend(rest.iter().cycle().take(size.estates.saturating_sub(districts.len())));
    let usual = size.households / size.estates.max(1);
    let mut left = size.households;
    let count = districts.len().min(size.estates);
    districts
        .into_iter()
        .take(size.estates)
        .enumerate()
        .filter_map(|(at, district)| {
            let street = below(places, district, PlaceLevel::Street, dice)?;
            let community = below(places, &street.code, PlaceLevel::Community, dice)
                .or_else(|| places.iter().find(|row| row.parent.as_deref() == Some(street.code.as_str())))?;
            // Pairs of one larger and one smaller, so that the sum is exact; the last takes what is
            // left.
            let swing = (at / 2 * 7) % (usual / 3).max(1);
            let households = match at {
                _ if at + 1 == count => left,
                _ if at.is_multiple_of(2) => usual + swing,
                _ => usual - swing,
            };
            left = left.saturating_sub(households);
            let first = words::ESTATES.get(at % words::ESTATES.len()).copied().unwrap_or_default();
            let second =
                words::ESTATE_KINDS.get(at / words::ESTATES.len() % words::ESTATE_KINDS.len()).copied();
            let name = format!("{first}{}", second.unwrap_or_default());
            Some(Estate {
                alias: (at % 6 == 0).then(|| format!("{first}一期")),
                name: format!("{name}（演示）"),
                kind: kind_of(at),
                community: community.code.clone(),
                street: street.code.clone(),
                district: district.to_owned(),
                households,
            })
        })
        .collect()
}

/// A place of `level` directly below another; of streets those with neighbourhoods rather than
/// villages where there are any.
fn below<'a>(
    places: &'a [PlaceRow],
    parent: &str,
    level: PlaceLevel,
    dice: &mut Dice,
) -> Option<&'a PlaceRow> {
    let all: Vec<&PlaceRow> =
        places.iter().filter(|row| row.level == level && row.parent.as_deref() == Some(parent)).collect();
    let urban: Vec<&PlaceRow> = all.iter().copied().filter(|row| !row.name.contains('村')).collect();
    let has_below = |row: &&PlaceRow| {
        level != PlaceLevel::Street
            || places.iter().any(|other| other.parent.as_deref() == Some(row.code.as_str()))
    };
    let urban: Vec<&PlaceRow> = urban.into_iter().filter(has_below).collect();
    dice.pick(if urban.is_empty() { &all } else { &urban }).copied()
}

fn kind_of(estate: usize) -> EstateKind {
    match estate % 15 {
        14 => EstateKind::Unmanaged,
        7 if (estate / 15) % 2 == 1 => EstateKind::Unmanaged,
        3 | 6 | 7 | 9 => EstateKind::Old,
        11 | 12 => EstateKind::Affordable,
        _ => EstateKind::Professional,
    }
}
