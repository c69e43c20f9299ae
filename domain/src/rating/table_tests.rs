//! The table's promise, checked another way: by solving the equations that a reader can write down.

use proptest::prelude::*;

use super::Shown::{Complement, TooFew, Yes};
use super::*;

#[test]
fn a_table_of_large_cells_is_shown() {
    let shown = suppress_table(&[vec![9, 8], vec![7, 0]], 5);
    assert_eq!(shown.cells, [[Yes, Yes], [Yes, Yes]]);
    assert_eq!((shown.rows, shown.columns, shown.total), (vec![Yes, Yes], vec![Yes, Yes], Yes));
}

#[test]
fn nothing_of_a_table_below_k_is_shown() {
    let shown = suppress_table(&[vec![1, 0], vec![1, 2]], 5);
    assert_eq!(shown.cells, [[TooFew, Yes], [TooFew, TooFew]]);
    assert_eq!(
        (shown.rows, shown.columns, shown.total),
        (vec![TooFew, TooFew], vec![TooFew, TooFew], TooFew)
    );
}

#[test]
fn a_small_cell_takes_a_rectangle_with_it() {
    let shown = suppress_table(&[vec![3, 10, 20], vec![11, 12, 21], vec![30, 31, 32]], 5);
    assert_eq!(shown.cells, [[TooFew, Complement, Yes], [Complement, Complement, Yes], [Yes, Yes, Yes]],);
    assert!(shown.rows.iter().chain(&shown.columns).all(|total| total.is_shown()));
}

#[test]
fn a_hidden_total_of_a_row_is_not_given_away_by_the_sum_of_the_others() {
    // The first month has 3 voices; its neighbour goes with it, and cannot be summed from its projects either.
    let table = vec![vec![3, 0], vec![6, 6], vec![20, 20]];
    let shown = suppress_table(&table, 5);
    assert_eq!(shown.rows, [TooFew, Complement, Yes]);
    assert!(shown.cells[1].iter().any(|cell| !cell.is_shown()));
    assert_safe(&table, 5);
}

#[test]
fn a_bridge_between_two_closed_blocks_is_found() {
    // Each line hides two cells of k voices together, and yet the rows of a block less its columns would give the 1 that joins them.
    for table in [
        vec![vec![4, 4, 1, 0], vec![4, 4, 0, 0], vec![0, 0, 4, 4], vec![0, 0, 4, 4]],
        vec![vec![10, 1], vec![0, 10]],
        vec![vec![4, 4, 0], vec![4, 4, 1], vec![0, 0, 9]],
    ] {
        assert_safe(&table, 5);
    }
}

#[test]
fn odd_shapes_are_answered() {
    assert_eq!(suppress_table(&[], 5).total, Yes);
    assert_eq!(suppress_table(&[vec![], vec![]], 5).rows, [Yes, Yes]);
    assert_eq!(suppress_table(&[vec![7], vec![]], 5).cells, [[Yes], [Yes]]);
    assert_eq!(suppress_table(&[vec![u32::MAX, u32::MAX]], 5).rows, [Yes]);
}

#[test]
fn one_row_is_as_a_list() {
    for cells in [vec![3, 9, 7, 8], vec![2, 2, 9], vec![0, 3, 9], vec![2, 3, 9]] {
        let shown = suppress_table(std::slice::from_ref(&cells), 5);
        // A column's total is its one cell, and hidden with it.
        let list: Vec<bool> = suppress(&cells, true, 5).into_iter().map(Shown::is_shown).collect();
        let row: Vec<bool> = shown.cells[0].iter().map(|cell| cell.is_shown()).collect();
        assert_eq!(row, list, "{cells:?}");
        assert_safe(&[cells], 5);
    }
}

#[test]
fn a_firm_of_forty_projects_over_two_years_is_answered() {
    let table: Vec<Vec<u32>> = (0..24_u32)
        .map(|month| (0..40_u32).map(|project| (month * 7 + project * 13) % 29).collect())
        .collect();
    let shown = suppress_table(&table, 5);
    let hidden = shown.cells.iter().flatten().filter(|cell| !cell.is_shown()).count();
    let small = table.iter().flatten().filter(|voices| (1..5).contains(*voices)).count();
    assert!(hidden < small * 2, "{hidden} hidden for {small} that are too few");
}

/// A prime large enough that chance does not pass for dependence.
const PRIME: i128 = (1 << 61) - 1;

fn inverse(number: i128) -> i128 {
    let (mut result, mut base, mut exponent) = (1_i128, number.rem_euclid(PRIME), PRIME - 2);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        exponent >>= 1;
    }
    result
}

/// Takes off `vector` what the rows of `basis` (each with its leading place) say.
fn reduced(basis: &[(usize, Vec<i128>)], mut vector: Vec<i128>) -> Vec<i128> {
    for (leading, row) in basis {
        let factor = vector[*leading];
        for (number, other) in vector.iter_mut().zip(row) {
            *number = (*number - factor * other).rem_euclid(PRIME);
        }
    }
    vector
}

/// Asserts that no set of hidden cells with 0 < voices < k is a combination of what is shown, by trying every set.
fn assert_safe(cells: &[Vec<u32>], k: u32) {
    let shown = suppress_table(cells, k);
    let hidden: Vec<(usize, usize)> = (0..cells.len())
        .flat_map(|row| (0..cells[row].len()).map(move |column| (row, column)))
        .filter(|(row, column)| !shown.cells[*row][*column].is_shown())
        .collect();
    for (row, counts) in cells.iter().enumerate() {
        for (column, voices) in counts.iter().enumerate() {
            assert!(
                *voices == 0 || *voices >= k || !shown.cells[row][column].is_shown(),
                "{cells:?} {shown:?}"
            );
        }
    }
    let indicator = |is_in: &dyn Fn(&(usize, usize)) -> bool| -> Vec<i128> {
        hidden.iter().map(|place| i128::from(is_in(place))).collect()
    };
    let mut equations = Vec::new();
    for (row, total) in shown.rows.iter().enumerate() {
        let sum: u32 = cells[row].iter().sum();
        if total.is_shown() {
            assert!(sum == 0 || sum >= k);
            equations.push(indicator(&|place| place.0 == row));
        }
    }
    for (column, total) in shown.columns.iter().enumerate() {
        let sum: u32 = cells.iter().map(|row| row[column]).sum();
        if total.is_shown() {
            assert!(sum == 0 || sum >= k);
            equations.push(indicator(&|place| place.1 == column));
        }
    }
    if shown.total.is_shown() {
        equations.push(indicator(&|_| true));
    }
    let mut basis: Vec<(usize, Vec<i128>)> = Vec::new();
    for equation in equations {
        let rest = reduced(&basis, equation);
        if let Some(leading) = rest.iter().position(|number| *number != 0) {
            let scale = inverse(rest[leading]);
            basis.push((leading, rest.iter().map(|number| number * scale % PRIME).collect()));
        }
    }
    for set in 1_u32..1 << hidden.len() {
        let members: Vec<usize> = (0..hidden.len()).filter(|place| set >> place & 1 == 1).collect();
        let voices: u32 = members.iter().map(|place| cells[hidden[*place].0][hidden[*place].1]).sum();
        if voices > 0 && voices < k {
            let vector = (0..hidden.len()).map(|place| i128::from(set >> place & 1)).collect();
            let can_be_had = reduced(&basis, vector).iter().all(|number| *number == 0);
            assert!(!can_be_had, "{members:?} of {hidden:?} can be had from {cells:?}: {shown:?}");
        }
    }
}

fn a_table(
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<Vec<u32>>> {
    let cell = prop_oneof![2 => Just(0_u32), 3 => 1_u32..5, 3 => 5_u32..15];
    (rows, columns).prop_flat_map(move |(rows, columns)| {
        proptest::collection::vec(proptest::collection::vec(cell.clone(), columns), rows)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_adding_and_subtracting_gives_a_few_voices_away(table in a_table(1..5, 1..4), k in 2_u32..7) {
        assert_safe(&table, k);
    }

    #[test]
    fn every_line_hides_nothing_or_enough(table in a_table(1..9, 1..9)) {
        let shown = suppress_table(&table, 5);
        let enough = |line: Vec<(u32, Shown)>, total: Shown| {
            let hidden: u32 = line.iter().filter(|(_, shown)| !shown.is_shown()).map(|(voices, _)| voices).sum();
            !total.is_shown() || hidden == 0 || hidden >= 5
        };
        for (row, total) in shown.rows.iter().enumerate() {
            prop_assert!(enough(table[row].iter().copied().zip(shown.cells[row].iter().copied()).collect(), *total));
        }
        for (column, total) in shown.columns.iter().enumerate() {
            let line = table.iter().zip(&shown.cells).map(|(row, shown)| (row[column], shown[column])).collect();
            prop_assert!(enough(line, *total));
        }
        let total: u32 = table.iter().flatten().sum();
        prop_assert_eq!(shown.total.is_shown(), total == 0 || total >= 5);
    }
}
