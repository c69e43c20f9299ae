//! Which dwellings of a register may be meant by one that it lacks.

use super::Dwelling;

/// The most that are shown.
const MOST: usize = 10;

/// The dwellings of a register that may be meant by `asked`, the nearest first, at most 10: what is
/// written with the same characters but parted otherwise (1-1 and 101, 1 and 1-101), what differs
/// in one character or in two that changed places, and what has the same building and room in
/// another unit.
pub fn near_dwellings<T>(asked: &Dwelling, register: Vec<T>, dwelling: impl Fn(&T) -> &Dwelling) -> Vec<T> {
    let characters = joined(asked);
    let distance = |other: &Dwelling| {
        let in_another_unit = asked.building == other.building && asked.room == other.room;
        let others = joined(other);
        let slips = usize::from(characters != others);
        (in_another_unit || slips == 0 || is_one_slip(&characters, &others)).then_some(slips)
    };
    let mut near: Vec<(usize, T)> = register
        .into_iter()
        .filter_map(|each| distance(dwelling(&each)).map(|distance| (distance, each)))
        .collect();
    near.sort_by(|(left, one), (right, other)| (left, dwelling(one)).cmp(&(right, dwelling(other))));
    near.into_iter().take(MOST).map(|(_, each)| each).collect()
}

/// The characters of a dwelling that count, without what parts them.
fn joined(dwelling: &Dwelling) -> Vec<char> {
    let parts = [&dwelling.building, &dwelling.unit, &dwelling.room];
    parts.into_iter().flat_map(|part| part.chars()).filter(|each| each.is_alphanumeric()).collect()
}

/// Whether one text becomes the other when one character is added, taken away or changed, or two
/// neighbours change places.
fn is_one_slip(one: &[char], other: &[char]) -> bool {
    let begin = one.iter().zip(other).take_while(|(left, right)| left == right).count();
    let (one, other) = (one.get(begin..).unwrap_or_default(), other.get(begin..).unwrap_or_default());
    match (one, other) {
        ([_, rest @ ..], other) if rest == other => true,
        (one, [_, rest @ ..]) if one == rest => true,
        ([_, left @ ..], [_, right @ ..]) if left == right => true,
        ([a, b, left @ ..], [c, d, right @ ..]) => a == d && b == c && left == right,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(asked: [&str; 3], register: &[[&str; 3]]) -> Vec<String> {
        let read = |[building, unit, room]: [&str; 3]| Dwelling::read(building, unit, room).unwrap();
        let register: Vec<Dwelling> = register.iter().copied().map(read).collect();
        let found = near_dwellings(&read(asked), register, |each| each);
        found.iter().map(|each| [&*each.building, &*each.unit, &*each.room].join("/")).collect()
    }

    #[test]
    fn the_same_characters_one_slip_and_another_unit_are_near() {
        let register = [
            ["1", "1", "101"],
            ["1", "1", "102"],
            ["1", "1", "110"],
            ["1", "2", "101"],
            ["2", "1", "101"],
            ["1", "1", "205"],
            ["3", "3", "303"],
        ];
        assert_eq!(
            near(["1-1", "", "101"], &register),
            ["1/1/101", "1/1/102", "1/1/110", "1/2/101", "2/1/101"]
        );
        assert_eq!(near(["1", "", "101"], &register[..4]), ["1/1/101", "1/2/101"]);
        assert_eq!(near(["1", "1", "1O1"], &register), ["1/1/101"]);
        assert_eq!(near(["1", "1", "011"], &register), ["1/1/101", "1/1/110"]);
        assert_eq!(near(["9", "9", "999"], &register), Vec::<String>::new());
    }

    #[test]
    fn ten_are_shown_at_most() {
        let rooms: Vec<String> = (100..120).map(|room| room.to_string()).collect();
        let register: Vec<[&str; 3]> = rooms.iter().map(|room| ["1", "", room.as_str()]).collect();
        assert_eq!(near(["1", "", "10"], &register).len(), 10);
    }
}
