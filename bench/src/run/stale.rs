//! Who wrote sees what was written: a resident changes their mind again and again under the load,
//! and looks at the own rating each time. Nobody else may see it move.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Bench;
use super::requests::Rating;
use super::service::Service;
use crate::Result;

/// Between two looks: without it the watch gave half as many ratings again as the load that it
/// looks at.
const PAUSE: Duration = Duration::from_millis(40);

/// A rating that waits.
pub struct Watch {
    pub project: String,
    path: String,
    token: String,
}

impl Bench<'_> {
    /// The last of a round's ratings.
    pub fn watch(&self, ratings: &[Rating]) -> Result<Watch> {
        let rating = ratings.last().ok_or("there is nobody to rate")?;
        let puts = self.puts(std::slice::from_ref(rating))?;
        let [_, path, token, ..] = puts.into_iter().next().ok_or("no request")?;
        Ok(Watch { project: rating.project.clone(), path, token })
    }
}

impl Watch {
    /// Until told to stop; gives how often it looked and how often it saw something old.
    pub fn look(&self, service: &Service, stop: &AtomicBool) -> Result<(u64, u64)> {
        let (mut looks, mut stale) = (0, 0);
        while !stop.load(Ordering::Relaxed) {
            for stars in [1, 5] {
                let put =
                    service.ask("PUT", &self.path, &self.token, "", &format!("{{\"overall\": {stars}}}"))?;
                if put.status >= 300 {
                    return Err(format!("the watched rating was refused: {}", put.text()).into());
                }
                let own = service.ask("GET", &self.path, &self.token, "", "")?;
                let own: serde_json::Value = serde_json::from_slice(&own.body)?;
                looks += 1;
                stale += u64::from(own["overall"] != stars);
                std::thread::sleep(PAUSE);
            }
        }
        Ok((looks, stale))
    }
}
