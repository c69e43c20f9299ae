//! Who wrote sees what was written: a resident changes their mind again and again under the load, and looks at the firm's card each time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Bench;
use super::requests::Voice;
use super::service::Service;
use crate::Result;

/// Between two looks: without it the watch gave half as many ratings again as the load that it looks at.
const PAUSE: Duration = Duration::from_millis(40);

/// A firm with one project, which nobody else rates meanwhile: its score follows from this one voice.
pub struct Watch {
    pub project: String,
    firm: String,
    path: String,
    token: String,
}

impl Bench<'_> {
    /// The last of a round's voices whose firm has one project.
    pub fn watch(&self, voices: &[Voice]) -> Result<Watch> {
        let alone = |voice: &&Voice| {
            voices.iter().filter(|other| other.uscc == voice.uscc).all(|other| other.project == voice.project)
        };
        let voice = voices.iter().rev().find(alone).ok_or("every firm has several projects")?;
        let puts = self.puts(std::slice::from_ref(voice))?;
        let [_, path, token, ..] = puts.into_iter().next().ok_or("no request")?;
        Ok(Watch { project: voice.project.clone(), firm: format!("/v1/firms/{}", voice.uscc), path, token })
    }
}

impl Watch {
    /// Until told to stop; gives how often it looked and how often it saw something old.
    pub fn look(&self, service: &Service, stop: &AtomicBool) -> Result<(u64, u64)> {
        let mut seen: [Option<String>; 2] = [None, None];
        let (mut looks, mut stale) = (0, 0);
        while !stop.load(Ordering::Relaxed) {
            for (at, stars) in [1, 5].into_iter().enumerate() {
                let put =
                    service.ask("PUT", &self.path, &self.token, "", &format!("{{\"overall\": {stars}}}"))?;
                if put.status >= 300 {
                    return Err(format!("the watched rating was refused: {}", put.body).into());
                }
                let card: serde_json::Value = serde_json::from_str(&service.get(&self.firm, "")?.body)?;
                let score = card.pointer("/service/score").map(ToString::to_string);
                if score.as_deref().is_none_or(|score| score == "null") {
                    // Too few voices to be shown: nothing can be seen at this size.
                    return Ok((0, 0));
                }
                looks += 1;
                let is_old = match &seen[at] {
                    Some(known) => score.as_ref() != Some(known),
                    // The first time it need only differ from the other.
                    None => score == seen[1 - at],
                };
                stale += u64::from(is_old);
                seen[at] = score;
                std::thread::sleep(PAUSE);
            }
        }
        Ok((looks, stale))
    }
}
