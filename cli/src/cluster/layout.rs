//! The scripts that BroControl generates: `cluster-layout.bro` and `standalone-layout.bro`.

use std::fmt::Write;
use std::net::IpAddr;

use brocomm::data::{Declarations, Transport, Value};
use brocomm::notation::ParseError;

use super::model::{Address, Cluster, Member, Role};
use super::problem::Problem;

/// Declarations of what the generated scripts set, as in Bro's scripts.
const DECLARATIONS: &str = r#"
module Cluster;
export {
    type NodeType: enum { NONE, CONTROL, LOGGER, MANAGER, PROXY, WORKER, TIME_MACHINE };
    type Node: record {
        node_type: NodeType;
        ip: addr;
        zone_id: string &default="";
        p: port;
        interface: string &optional;
        logger: string &optional;
        manager: string &optional;
        proxy: string &optional;
        workers: set[string] &optional;
        time_machine: string &optional;
    };
    const nodes: table[string] of Node = {} &redef;
    const manager_is_logger = T &redef;
}
module Control;
export { const controller_events: pattern = /Control::.*_request/ &redef; }
module Communication;
export {
    type Node: record {
        host: addr;
        zone_id: string &default="";
        class: string &optional;
        events: pattern &optional;
    };
    global nodes: table[string] of Node = {} &redef;
    const listen_port = 47757/tcp &redef;
}
"#;

/// Returns the text of the script for a cluster.
pub(super) fn write(cluster: &Cluster) -> String {
    let mut text = "# Automatically generated. Do not edit.\n".to_owned();
    // Writing to a string can't fail.
    let _ = match cluster.of(Role::Standalone).next() {
        Some(node) => standalone(node, &mut text),
        None => nodes(cluster, &mut text),
    };
    text
}

fn ip_text(ip: IpAddr) -> String {
    if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() }
}

fn standalone(node: &Member, text: &mut String) -> std::fmt::Result {
    let Address { ip, zone_id, port } = &node.address;
    let ip = ip_text(*ip);
    writeln!(text, "redef Communication::listen_port = {port}/tcp;")?;
    writeln!(text, "redef Communication::nodes += {{")?;
    writeln!(
        text,
        "\t[\"control\"] = [$host={ip}, $zone_id=\"{zone_id}\", $class=\"control\", \
         $events=Control::controller_events],"
    )?;
    writeln!(text, "}};")
}

fn nodes(cluster: &Cluster, text: &mut String) -> std::fmt::Result {
    let by_manager = if cluster.manager_is_logger() { 'T' } else { 'F' };
    writeln!(text, "redef Cluster::manager_is_logger = {by_manager};")?;
    writeln!(text, "redef Cluster::nodes = {{")?;
    let mut entry = |name: &str, kind: &str, address: &Address, more: &str| {
        let Address { ip, zone_id, port } = address;
        let ip = ip_text(*ip);
        writeln!(
            text,
            "\t[\"{name}\"] = [$node_type=Cluster::{kind}, $ip={ip}, $zone_id=\"{zone_id}\", \
             $p={port}/tcp{more}],"
        )
    };
    if let Some(control) = &cluster.control {
        entry("control", "CONTROL", control, "")?;
    }
    let workers: Vec<String> =
        cluster.of(Role::Worker).map(|worker| format!("\"{}\"", worker.name)).collect();
    let workers = workers.join(", ");
    for member in &cluster.members {
        let Member { name, role, interface, .. } = member;
        let field = |key: &str, value: &Option<String>| match value {
            Some(value) => format!(", ${key}=\"{value}\""),
            None => String::new(),
        };
        let logger = field("logger", &member.logger);
        let manager = field("manager", &member.manager);
        let more = match role {
            Role::Manager | Role::Proxy => format!("{logger}{manager}, $workers=set({workers})"),
            Role::Worker => {
                let proxy = field("proxy", &member.proxy);
                format!(", $interface=\"{interface}\"{logger}{manager}{proxy}")
            }
            Role::Logger | Role::Standalone => String::new(),
        };
        entry(name, &role.to_string().to_uppercase(), &member.address, &more)?;
    }
    if let Some(Address { ip, port, .. }) = &cluster.time_machine {
        let ip = ip_text(*ip);
        writeln!(
            text,
            "\t[\"time-machine\"] = [$node_type=Cluster::TIME_MACHINE, $ip={ip}, $p={port}/tcp],"
        )?;
    }
    writeln!(text, "}};")
}

/// Reads either script.
///
/// # Errors
/// What differs from the format that BroControl generates, and where.
pub(super) fn read(text: &str) -> Result<Cluster, Problem> {
    let mut declared = Declarations::new();
    let wrong = |error: ParseError| {
        let line = usize::try_from(error.line).unwrap_or_default();
        Problem::at(line, format!("column {}: {}", error.column, error.reason()))
    };
    declared.read(DECLARATIONS).map_err(wrong)?;
    declared.read(text).map_err(wrong)?;
    let table =
        |name: &str| match declared.globals.get(name).and_then(|global| global.init.as_ref()) {
            Some(Value::Table(table)) if !table.entries.is_empty() => Some(table),
            _ => None,
        };
    let entries = |name: &str| {
        let entries = table(name).into_iter().flat_map(|table| &table.entries);
        entries.filter_map(|entry| match (&entry.index.items[..], &entry.value) {
            ([Value::String(name)], Some(Value::Record(record))) => {
                Some((String::from_utf8_lossy(name).into_owned(), record))
            }
            _ => None,
        })
    };
    let mut cluster =
        Cluster { members: Vec::new(), control: None, time_machine: None, listen_ipv6: false };
    if table("Cluster::nodes").is_none() {
        let Some((_, control)) = entries("Communication::nodes").next() else {
            let what = "neither `Cluster::nodes` nor `Communication::nodes` is set: expected a \
                cluster-layout.bro or standalone-layout.bro";
            return Err(Problem::whole(what));
        };
        let port = declared.globals.get("Communication::listen_port");
        let Some(&Value::Port(port)) = port.and_then(|global| global.init.as_ref()) else {
            return Err(Problem::whole("`Communication::listen_port` is not set"));
        };
        let Some(&Value::Addr(ip)) = control.get("host") else {
            return Err(Problem::whole("`Communication::nodes` has an entry without host"));
        };
        let address = Address { ip, zone_id: text_of(control.get("zone_id")), port: port.number };
        cluster.members.push(Member {
            name: "bro".to_owned(),
            role: Role::Standalone,
            address: address.clone(),
            interface: String::new(),
            logger: None,
            manager: None,
            proxy: None,
        });
        cluster.control = Some(address);
        return Ok(cluster);
    }
    for (name, record) in entries("Cluster::nodes") {
        let (Some(&Value::Addr(ip)), Some(&Value::Port(port))) =
            (record.get("ip"), record.get("p"))
        else {
            return Err(Problem::whole(format!("node {name} needs $ip and $p")));
        };
        if port.transport != Transport::Tcp {
            return Err(Problem::whole(format!("node {name}: $p = {port}: expected a TCP port")));
        }
        let zone_id = text_of(record.get("zone_id"));
        let address = Address { ip, zone_id, port: port.number };
        let kind = record.get("node_type").map(ToString::to_string).unwrap_or_default();
        let role = match kind.as_str() {
            "Cluster::CONTROL" => {
                cluster.control = Some(address);
                continue;
            }
            "Cluster::TIME_MACHINE" => {
                cluster.time_machine = Some(address);
                continue;
            }
            "Cluster::LOGGER" => Role::Logger,
            "Cluster::MANAGER" => Role::Manager,
            "Cluster::PROXY" => Role::Proxy,
            "Cluster::WORKER" => Role::Worker,
            other => {
                return Err(Problem::whole(format!(
                    "node {name} has the type {other}, which is not supported"
                )));
            }
        };
        let text = |key: &str| Some(text_of(record.get(key))).filter(|text| !text.is_empty());
        cluster.members.push(Member {
            name,
            role,
            address,
            interface: text_of(record.get("interface")),
            logger: text("logger"),
            manager: text("manager"),
            proxy: text("proxy"),
        });
    }
    cluster.members.sort_by_key(|member| member.role);
    cluster.listen_ipv6 = cluster.members.iter().any(|member| member.address.ip.is_ipv6());
    check(&cluster)?;
    Ok(cluster)
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => String::from_utf8_lossy(text).into_owned(),
        _ => String::new(),
    }
}

/// Checks that the nodes that others name exist and have the right role.
fn check(cluster: &Cluster) -> Result<(), Problem> {
    for member in &cluster.members {
        for (key, role, name) in [
            ("logger", Role::Logger, &member.logger),
            ("manager", Role::Manager, &member.manager),
            ("proxy", Role::Proxy, &member.proxy),
        ] {
            let Some(name) = name else { continue };
            if cluster.member(name).is_none_or(|other| other.role != role) {
                let own = &member.name;
                let what = format!("node {own} has ${key}=\"{name}\", which is not a {role}");
                return Err(Problem::whole(what));
            }
        }
    }
    Ok(())
}
