//! The layouts of log messages, by data format (2§13).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::wire::DataFormat;

/// A layout of log messages.
pub(super) trait Layout {
    /// A data format with this layout.
    const FORMAT: DataFormat;
    /// Whether the type of each value is followed by that of its elements, as from Bro 2.6.
    const SUBTYPES: bool = false;
    /// Whether this is the [`Usual`] layout.
    const IS_USUAL: bool = false;
}

/// The layout of data formats 22, 25 and 26.
pub(super) struct Usual;
/// The layout of Bro 2.6, which announces data format 26.
pub(super) struct WithSubtypes;
/// The layout of data format 23, in which vectors have another type number.
pub(super) struct OfBro22;
/// The layout of data format 21.
pub(super) struct OfBro20;

impl Layout for Usual {
    const FORMAT: DataFormat = DataFormat::V26;
    const IS_USUAL: bool = true;
}

impl Layout for WithSubtypes {
    const FORMAT: DataFormat = DataFormat::V26;
    const SUBTYPES: bool = true;
}

impl Layout for OfBro22 {
    const FORMAT: DataFormat = DataFormat::V23;
}

impl Layout for OfBro20 {
    const FORMAT: DataFormat = DataFormat::V21;
}

/// Identifies a layout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum LayoutKind {
    #[default]
    Usual,
    WithSubtypes,
    OfBro22,
    OfBro20,
}

impl From<DataFormat> for LayoutKind {
    fn from(format: DataFormat) -> LayoutKind {
        match format {
            DataFormat::V21 => LayoutKind::OfBro20,
            DataFormat::V23 => LayoutKind::OfBro22,
            DataFormat::V22 | DataFormat::V25 | DataFormat::V26 => LayoutKind::Usual,
        }
    }
}

/// Evaluates an expression for the layout that a `LayoutKind` identifies.
macro_rules! with_layout {
    ($kind:expr, $layout:ident => $run:expr) => {
        match $kind {
            $crate::logs::layout::LayoutKind::Usual => {
                type $layout = $crate::logs::layout::Usual;
                $run
            }
            $crate::logs::layout::LayoutKind::WithSubtypes => {
                type $layout = $crate::logs::layout::WithSubtypes;
                $run
            }
            $crate::logs::layout::LayoutKind::OfBro22 => {
                type $layout = $crate::logs::layout::OfBro22;
                $run
            }
            $crate::logs::layout::LayoutKind::OfBro20 => {
                type $layout = $crate::logs::layout::OfBro20;
                $run
            }
        }
    };
}
pub(super) use with_layout;

/// Returns the address in the four words that a Bro 2.0 sends, whose bytes are reversed. An IPv4
/// address is in the first word from a Bro without IPv6, and in the last from one with IPv6.
pub(super) fn addr_of_bro_20(words: [u32; 4]) -> IpAddr {
    let words = words.map(u32::swap_bytes);
    match words {
        [addr, 0, 0, 0] | [0, 0, 0, addr] => IpAddr::V4(Ipv4Addr::from(addr)),
        [a, b, c, d] => {
            let high = u128::from(a) << 96 | u128::from(b) << 64;
            IpAddr::V6(Ipv6Addr::from(high | u128::from(c) << 32 | u128::from(d)))
        }
    }
}

/// Returns the four words of a Bro 2.0 for an IPv4 address.
pub(super) fn words_of_bro_20(addr: Ipv4Addr) -> [u32; 4] {
    [u32::from(addr).swap_bytes(), 0, 0, 0]
}
