//! Values of every type (2§4, 2§6–2§8, 2§11).

use crate::suite::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![]
}
