//! Workers that share the load of an interface: one section, several nodes.

use std::net::IpAddr;

use super::broctl_cfg::BroctlCfg;
use super::ini::Section;
use super::model::Role;
use super::node_cfg::{Node, shown, value};
use super::problem::Problem;

/// The maximum number of nodes in a section, since there are no ports for more.
const MOST: usize = 65535;

/// One of the nodes that a section describes.
#[derive(Debug, Clone)]
pub(super) struct Expanded {
    pub(super) name: String,
    /// The section's name, and its line.
    pub(super) section: String,
    pub(super) line: usize,
    pub(super) role: Role,
    pub(super) ip: IpAddr,
    pub(super) zone_id: String,
    pub(super) interface: String,
}

/// Ways to share the load.
const METHODS: [&str; 4] = ["pf_ring", "myricom", "custom", "interfaces"];

/// Returns the nodes that a section describes: itself, or `NAME-1` to `NAME-n` with `lb_procs`.
pub(super) fn expand(
    node: &Node,
    section: &Section,
    cfg: &BroctlCfg,
    problems: &mut Vec<Problem>,
) -> Vec<Expanded> {
    let before = problems.len();
    let balance = Balance::read(node, section, problems);
    if problems.len() > before {
        return Vec::new();
    }
    let one = |name: String, interface: String| Expanded {
        name,
        section: node.name.clone(),
        line: node.line,
        role: node.role,
        ip: node.ip,
        zone_id: node.zone_id.clone(),
        interface,
    };
    let Some(Balance { processes, is_custom, mut interfaces }) = balance else {
        return vec![one(node.name.clone(), node.interface.clone())];
    };
    let (prefix, suffix) = &cfg.custom;
    let named = |number: usize| {
        // BroControl takes interfaces from the end of the list.
        let interface = match interfaces.as_mut().and_then(Vec::pop) {
            Some(interface) => interface,
            None if is_custom => format!("{prefix}{}{suffix}", node.interface),
            None => node.interface.clone(),
        };
        one(format!("{}-{number}", node.name), interface)
    };
    (1..=processes).map(named).collect()
}

struct Balance {
    processes: usize,
    is_custom: bool,
    /// One for each process, if each has its own.
    interfaces: Option<Vec<String>>,
}

impl Balance {
    /// Reads how the load is shared; `None` if it isn't.
    fn read(node: &Node, section: &Section, problems: &mut Vec<Problem>) -> Option<Balance> {
        let name = &node.name;
        let mut wrong = |line: usize, what: String| {
            problems.push(Problem::at(line, format!("[{name}] {what}")));
        };
        if let Some((line, cpus)) = value(section, "pin_cpus")
            && let Some(cpu) = cpus.split(',').find(|cpu| !is_cpu(cpu))
        {
            let cpu = shown(cpu.trim());
            wrong(
                line,
                format!("pin_cpus: `{cpu}` is not a CPU: expected numbers from 0, with commas"),
            );
        }
        let method = value(section, "lb_method");
        let Some((line, processes)) = value(section, "lb_procs") else {
            if let Some((line, method)) = method {
                wrong(line, format!("lb_method = {} needs lb_procs", shown(method)));
            }
            return None;
        };
        if node.role != Role::Worker {
            wrong(line, format!("lb_procs is for workers only, and this is a {}", node.role));
            return None;
        }
        let count = processes.trim().parse().ok().filter(|count| (1..=MOST).contains(count));
        if count.is_none() {
            let processes = shown(processes);
            wrong(line, format!("lb_procs = {processes}: expected a number from 1 to {MOST}"));
        }
        let methods = METHODS.join(", ");
        let Some((at, method)) = method else {
            wrong(line, format!("lb_procs needs lb_method: one of {methods}"));
            return None;
        };
        if !METHODS.contains(&method) {
            let method = shown(method);
            wrong(at, format!("lb_method = {method}: expected one of {methods}"));
        }
        let processes = count?;
        let mut interfaces = None;
        if method == "interfaces" {
            let Some((at, list)) = value(section, "lb_interfaces") else {
                wrong(at, "lb_method = interfaces needs lb_interfaces".to_owned());
                return None;
            };
            let list: Vec<String> = list.split(',').map(|one| one.trim().to_owned()).collect();
            if list.len() != processes {
                let number = list.len();
                wrong(
                    at,
                    format!("lb_interfaces has {number} interfaces for lb_procs = {processes}"),
                );
            }
            interfaces = Some(list);
        }
        Some(Balance { processes, is_custom: method == "custom", interfaces })
    }
}

/// Returns whether a text is a whole number that isn't negative.
fn is_cpu(text: &str) -> bool {
    text.trim().trim_start_matches('+').parse::<u32>().is_ok()
}
