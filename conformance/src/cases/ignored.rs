//! Cases about what must be ignored: the vectors in `ignored.json`.

use std::collections::BTreeMap;

use brocomm::data::Value;
use brocomm::lowlevel::wire::DataFormat;
use serde::Deserialize;

use crate::suite::{Capability, Case, Outcome, Trial};

const VECTORS: &str = include_str!("../../vectors/ignored.json");

/// The number of the first of these cases in each section. Other modules use smaller numbers.
const FIRST: u32 = 80;

/// A stream with a part that must be ignored. See the README of the vectors.
#[derive(Debug, Deserialize)]
struct Ignored {
    section: String,
    hex: String,
    ignored: String,
    level: String,
    #[serde(default)]
    needs: Vec<String>,
    bro: Option<String>,
    echo: u64,
}

pub(super) fn cases() -> Vec<Case> {
    // A test checks that the vectors can be read.
    let vectors: Vec<Ignored> = serde_json::from_str(VECTORS).unwrap_or_default();
    let mut numbers = BTreeMap::new();
    vectors
        .into_iter()
        .map(|vector| {
            let section = vector.section.trim_start_matches('§').to_owned();
            let number = numbers.entry(section.clone()).or_insert(FIRST);
            let id = format!("{section}/{number}");
            *number += 1;
            case(&id, vector)
        })
        .collect()
}

fn case(id: &str, vector: Ignored) -> Case {
    let Ignored { hex, ignored, level, needs, bro, echo, .. } = vector;
    let bro = bro.map(|bro| format!(" Bro {bro}.")).unwrap_or_default();
    let description = format!(
        "Sends a whole session at once: a handshake, {ignored}, and a call of \
         conformance_echo({echo}), which must be answered.{bro} The bytes are in `ignored.json` of \
         the test vectors."
    );
    let bytes = hex::decode(hex).unwrap_or_default();
    let script = move |trial: &mut Trial<'_>| -> Outcome {
        let mut peer = trial.open()?;
        // The stream announces no capabilities, as does the exchange.
        peer.send_bytes(&bytes, "a whole session")?;
        peer.expect_echo(&Value::Count(echo))
    };
    let case = match level.as_str() {
        "must" => Case::must(id, format!("{ignored}: ignored"), description, script),
        _ => Case::should(id, format!("{ignored}: ignored"), description, script),
    };
    // The sessions are of Bro 2.5.
    let case = case.since(DataFormat::V26);
    let named = |name: &String| Capability::ALL.iter().find(|can| can.name() == name);
    needs.iter().filter_map(named).fold(case, |case, can| case.needs(*can))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Level;

    #[test]
    fn every_vector_makes_a_case() {
        let vectors: Vec<Ignored> = serde_json::from_str(VECTORS).unwrap();
        assert!(!vectors.is_empty() && vectors.len() == cases().len());
        for vector in &vectors {
            assert!(hex::decode(&vector.hex).is_ok_and(|bytes| !bytes.is_empty()));
            assert!(Level::ALL[..2].iter().any(|level| level.name() == vector.level));
            let known = |name: &String| Capability::ALL.iter().any(|can| can.name() == name);
            assert!(vector.needs.iter().all(known), "{:?}", vector.needs);
        }
    }
}
