//! Which node applies to a peer (§4).

use crate::suite::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![]
}
