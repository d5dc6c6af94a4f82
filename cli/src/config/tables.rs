//! Reads the tables. Each one names all fields of its struct, so that none can be forgotten.

use std::net::{IpAddr, Ipv4Addr};

use brocomm::lowlevel::logs::LogLimits;
use brocomm::lowlevel::{serial, wire};
use brocomm::node::{Backoff, Bound, KeepAlive, Liveness, Options, PeerConfig, Queue};

use super::reader::{Item, Read, Source, Table};
use super::tls::TlsFiles;
use super::values::zone;

/// Reads the fields of a struct from keys of the same names.
macro_rules! fields {
    ($table:ident, $default:expr =>
        $($ty:ident)::+ { $($field:ident),* $(,)? $(; $made_later:ident)? }
    ) => {{
        let default = $default;
        $(let $field = $table.field(stringify!($field), default.map(|d| d.$field.clone()));)*
        (|| Some($($ty)::+ { $($field: $field?,)* $($made_later: None)? }))()
    }};
}

/// Implements reading a struct from its own table.
macro_rules! table {
    ($($ty:ident)::+ $(, $switchable:ident)? { $($field:ident),* $(,)? }) => {
        impl Read for $($ty)::+ {
            const KIND: &'static str = "table";
            $(const $switchable: bool = true;)?

            fn read(item: &Item<'_, '_>, default: Option<&Self>, source: &mut Source<'_>)
                -> Option<Self>
            {
                let mut table = Table::new(item, source)?;
                let all = fields!(table, default => $($ty)::+ { $($field),* });
                table.finish();
                all
            }
        }
    };
}

table!(Bound, SWITCHABLE { events, bytes });
table!(Backoff, SWITCHABLE { factor, max, jitter });
table!(KeepAlive, SWITCHABLE { idle, interval, probes });
table!(Liveness, SWITCHABLE { ping_after, close_after });
table!(wire::FramingLimits { chunk, message, inflated });
table!(serial::ReaderLimits { depth, objects, cache, cache_bytes });
table!(LogLimits { writers, announced, values });

impl Read for Queue {
    const KIND: &'static str = "table";

    fn read(item: &Item<'_, '_>, default: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        let mut table = Table::new(item, source)?;
        let bound = fields!(table, default.map(|queue| queue.bound) => Bound { events, bytes });
        let overflow = table.field("overflow", default.map(|queue| queue.overflow));
        table.finish();
        Some(Queue { bound: bound?, overflow: overflow? })
    }
}

/// Reads the options, which are keys of the root table.
pub(super) fn options(table: &mut Table<'_, '_, '_, '_>) -> Options {
    let default = Options::default();
    let options = fields!(table, Some(&default) => Options {
        listen, listen_interface, listen_port, listen_ssl, listen_ipv6, listen_ipv6_zone_id,
        listen_retry, compression_level, data_format, forward_remote_events, forward_remote_state_changes,
        remote_check_sync_consistency, remote_trace_sync_interval, remote_trace_sync_peers,
        max_remote_events_processed, peer_description, default_capture_filter, handshake, undeclared, outgoing, outgoing_total,
        incoming, incoming_total, retry_backoff, keep_alive, terminate_timeout, cache_size,
        wire_limits, serial_limits, log_limits; tls
    });
    let mut options = options.unwrap_or(default);
    let by_itself = Some(options.listen_ipv6_zone_id).filter(|zone| !zone.is_empty());
    options.listen_ipv6_zone_id = zone(table, "listen_interface", by_itself).unwrap_or_default();
    options
}

/// Reads the names of the TLS files.
pub(super) fn tls_files(table: &mut Table<'_, '_, '_, '_>) -> TlsFiles {
    let default = TlsFiles::default();
    let files = fields!(table, Some(&default) => TlsFiles {
        ssl_ca_certificate, ssl_private_key, ssl_passphrase
    });
    files.unwrap_or_default()
}

impl Read for PeerConfig {
    const KIND: &'static str = "table";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        let mut table = Table::new(item, source)?;
        // Only this field has no default. The others are read even if it is missing.
        let host = table.field::<IpAddr>("host", None);
        let default = PeerConfig::new(host.unwrap_or(Ipv4Addr::UNSPECIFIED.into()));
        let mut node = fields!(table, Some(&default) => PeerConfig {
            host, zone_id, p, class, events, connect, retry, accept_input, sync, request_logs,
            auth, capture_filter, ssl, compression, data_format, store_and_forward, liveness,
        });
        if let Some(node) = &mut node {
            node.zone_id = zone(&mut table, "host", node.zone_id.take());
        }
        table.finish();
        node
    }
}

/// Reads the peer entries in the order of the file.
pub(super) fn nodes(table: &mut Table<'_, '_, '_, '_>) -> Vec<(String, PeerConfig)> {
    let mut nodes = Vec::new();
    let Some(item) = table.item("nodes", "a table for each peer") else { return nodes };
    let Some(mut table) = Table::new(&item, table.source) else { return nodes };
    for (name, item) in table.items() {
        if let Some(node) = PeerConfig::read(&item, None, table.source) {
            nodes.push((name, node));
        }
    }
    nodes
}
