//! Tests of the program as a user runs it. They form one binary, to link only once.

mod base_types;
mod bench;
mod captures;
mod cluster;
mod colors;
mod config;
mod control;
mod decode;
mod decode_logs;
mod decode_state;
mod doctor;
#[cfg(unix)]
mod examples;
mod faults;
mod fields;
mod follow;
mod html;
#[cfg(unix)]
mod introduction;
mod json;
#[cfg(all(unix, feature = "kafka"))]
mod kafka;
mod links;
mod logs;
mod manual;
mod messages;
#[cfg(all(unix, feature = "nats"))]
mod nats;
#[cfg(unix)]
mod operations;
#[cfg(unix)]
mod output;
#[cfg(all(unix, feature = "parquet"))]
mod parquet;
mod peers;
mod recordings;
mod replay;
#[cfg(unix)]
mod roles;
#[cfg(unix)]
mod run;
mod scripts;
#[cfg(unix)]
mod spool;
mod state;
mod state_changes;
#[cfg(unix)]
mod stdin;
mod support;
#[cfg(target_os = "linux")]
mod tcpdump;
mod tls;
#[cfg(unix)]
mod top;
mod zeek;
#[cfg(unix)]
mod zeek_lines;
