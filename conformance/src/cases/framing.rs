//! Chunks and messages (§1.1–§1.4).

use brocomm::data::Value;

use crate::suite::{Case, Outcome, Trial};

pub(super) fn cases() -> Vec<Case> {
    vec![Case::must(
        "1.4/1",
        "an event is echoed on a plain connection",
        "Goes through the handshake and sends conformance_echo(1), which must come back as \
         conformance_echoed(1). If this fails, the implementation is not set up as IMPLEMENTING.md \
         says, and nothing else tells anything.",
        echo,
    )]
}

fn echo(trial: &mut Trial<'_>) -> Outcome {
    let mut peer = trial.running()?;
    peer.echo(Value::Count(1))?;
    peer.answers()
}
