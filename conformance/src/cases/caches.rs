//! The object cache (2§5).

use crate::suite::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![]
}
