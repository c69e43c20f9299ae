//! Bursts: many ratings at one step that no ordinary step explains.

/// "At least 20 …"
pub const BURST_MINIMUM: u32 = 20;

/// "… more than 5 × the median of what was new at its last 12 steps."
pub const BURST_FACTOR: u32 = 5;
