//! Messages in pieces, wherever the network cuts them (§1.1).

use crate::suite::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![]
}
