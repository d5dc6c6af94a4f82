//! Messages on stderr, for programs that enable them.

use std::ffi::c_int;
use std::fmt::Arguments;
use std::io::Write;

/// The switch for tracing calls. Programs set it, but it has no effect.
#[allow(non_upper_case_globals, reason = "the name is part of the interface")]
#[unsafe(no_mangle)]
pub static mut bro_debug_calltrace: c_int = 0;

/// Whether messages go to stderr.
#[allow(non_upper_case_globals, reason = "the name is part of the interface")]
#[unsafe(no_mangle)]
pub static mut bro_debug_messages: c_int = 0;

/// Sets the two switches from the configuration.
pub(crate) fn configure(messages: Option<c_int>, calltrace: Option<c_int>) {
    if let Some(on) = messages {
        // SAFETY: an aligned int with static lifetime. If a program writes it at the same time,
        // either value is valid.
        unsafe { (&raw mut bro_debug_messages).write_volatile(on) };
    }
    if let Some(on) = calltrace {
        // SAFETY: as above.
        unsafe { (&raw mut bro_debug_calltrace).write_volatile(on) };
    }
}

/// Prints a line to stderr if the program wants messages.
pub(crate) fn message(text: Arguments<'_>) {
    // SAFETY: an aligned int with static lifetime.
    if unsafe { (&raw const bro_debug_messages).read_volatile() } != 0 {
        print(text);
    }
}

/// Prints a line to stderr.
pub(crate) fn print(text: Arguments<'_>) {
    // If stderr is closed, there is no other way to report this.
    let _ = writeln!(std::io::stderr(), "broccoli: {text}");
}

/// Prints a line to stderr without a prefix.
pub(crate) fn warn(text: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
