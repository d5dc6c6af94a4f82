//! The program as its users run it; one binary, as each test binary has to be linked.

mod config;
mod decode;
mod decode_logs;
mod decode_state;
mod follow;
mod peers;
mod recordings;
#[cfg(unix)]
mod run;
mod state;
mod support;
mod tls;
