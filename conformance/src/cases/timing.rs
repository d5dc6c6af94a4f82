//! What happens in time: retries, silence, trickles (§3.6).

use crate::suite::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![]
}
