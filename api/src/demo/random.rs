//! The demo's dice: the same seed throws the same.

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that throw the same for the same seed.
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound` − 1; 0 for a bound of 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let thrown = usize::try_from(self.next() >> 33).unwrap_or(0);
        thrown.checked_rem(bound).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = usize::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.below(width)).unwrap_or(0)
    }

    /// True in `percent` of 100 throws.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several; none of none.
    pub fn pick<'a, T>(&mut self, several: &'a [T]) -> Option<&'a T> {
        several.get(self.below(several.len()))
    }

    /// One word of several; empty of none.
    pub fn word(&mut self, several: &[&'static str]) -> &'static str {
        self.pick(several).copied().unwrap_or_default()
    }

    /// The place of a weight, as often as it weighs.
    pub fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut thrown = self.below(weights.iter().sum());
        for (place, weight) in weights.iter().enumerate() {
            match thrown.checked_sub(*weight) {
                Some(rest) => thrown = rest,
                None => return place,
            }
        }
        0
    }

    /// Mixes (Fisher and Yates).
    pub fn shuffle<T>(&mut self, several: &mut [T]) {
        for last in (1..several.len()).rev() {
            let other = self.below(last + 1);
            several.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_throws_the_same_and_weights_weigh() {
        let throws = |seed| {
            let mut dice = Dice::new(seed);
            (0..8).map(|_| dice.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(throws(7), throws(7));
        assert_ne!(throws(7), throws(8));
        let mut dice = Dice::new(1);
        let fives = (0..1000).filter(|_| dice.weighted(&[1, 0, 9]) == 2).count();
        assert!((850..950).contains(&fives), "{fives}");
        assert_eq!((dice.below(0), dice.pick::<u8>(&[])), (0, None));
    }
}
