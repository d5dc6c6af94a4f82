//! Limits, and input that is meant to do harm (2§12, §1).

use crate::suite::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![]
}
