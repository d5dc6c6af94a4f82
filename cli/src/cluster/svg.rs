//! A drawing of a cluster.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::model::{Cluster, Member, Role};
use super::show::connections;

/// The size of a node's box, and the gap between boxes.
const WIDTH: usize = 190;
const HEIGHT: usize = 46;
const GAP: usize = 26;
/// The gap between two types of nodes, for the lines.
const SPACE: usize = 70;
/// The maximum number of boxes in a row.
const ACROSS: usize = 6;

const STYLE: &str = "svg{background:#fff;font:12px sans-serif}\
    rect{fill:#f4f6f8;stroke:#57606a}text{fill:#1f2328;text-anchor:middle}\
    .small{font-size:10px;fill:#57606a}line{stroke-width:1.5}\
    .events{stroke:#0969da}.logs{stroke:#8c6d1f}.state{stroke:#1a7f37}.nothing{stroke:#afb8c1}\
    @media(prefers-color-scheme:dark){svg{background:#0d1117}rect{fill:#161b22;stroke:#8b949e}\
    text{fill:#e6edf3}.small{fill:#8b949e}}";

/// Draws nodes as boxes, type by type, and connections as lines.
pub(super) fn draw(cluster: &Cluster) -> String {
    let mut svg = String::new();
    // Writing to a string can't fail.
    let _ = write(cluster, &mut svg);
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Places boxes in rows; returns their upper left corners and the height of all.
fn places(cluster: &Cluster, across: usize) -> (BTreeMap<&str, (usize, usize)>, usize) {
    let mut places = BTreeMap::new();
    let mut top = GAP;
    for role in [Role::Logger, Role::Manager, Role::Proxy, Role::Worker, Role::Standalone] {
        let members: Vec<&Member> = cluster.of(role).collect();
        for row in members.chunks(across) {
            // Each row is centered.
            let left = across.saturating_sub(row.len()) * (WIDTH + GAP) / 2 + GAP;
            for (column, member) in row.iter().enumerate() {
                places.insert(&*member.name, (left + column * (WIDTH + GAP), top));
            }
            top += HEIGHT + GAP;
        }
        if !members.is_empty() {
            top += SPACE - GAP;
        }
    }
    if cluster.time_machine.is_some() {
        places.insert("time-machine", (GAP, top));
        top += HEIGHT + GAP;
    }
    (places, top)
}

fn write(cluster: &Cluster, svg: &mut String) -> std::fmt::Result {
    let most = [Role::Logger, Role::Manager, Role::Proxy, Role::Worker];
    let most = most.map(|role| cluster.of(role).count()).into_iter().max().unwrap_or_default();
    let across = most.clamp(2, ACROSS);
    let (places, bottom) = places(cluster, across);
    let (width, height) = (across * (WIDTH + GAP) + GAP, bottom + GAP);
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\"><style>{STYLE}</style>"
    )?;
    for connection in connections(cluster) {
        let ends = (places.get(&*connection.from.name), places.get(connection.to));
        let (Some((x1, y1)), Some((x2, y2))) = ends else { continue };
        let (lower, upper) = if y1 > y2 { (0, HEIGHT) } else { (HEIGHT, 0) };
        let carries = connection.carries();
        let class = carries.rsplit(", ").next().unwrap_or_default();
        let title = format!("{} to {}: {carries}", connection.from.name, connection.to);
        writeln!(
            svg,
            "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"><title>{}</title></line>",
            x1 + WIDTH / 2,
            y1 + lower,
            x2 + WIDTH / 2,
            y2 + upper,
            escaped(&title)
        )?;
    }
    for Member { name, role, address, .. } in &cluster.members {
        let Some((x, y)) = places.get(&**name) else { continue };
        let text = format!("{name} ({role})");
        node(svg, (*x, *y), &text, &address.to_string())?;
    }
    if let (Some(address), Some(at)) = (&cluster.time_machine, places.get("time-machine")) {
        node(svg, *at, "time-machine", &address.to_string())?;
    }
    let legend =
        [("events", "events"), ("logs", "logs"), ("state", "state"), ("nothing", "nothing")];
    for (index, (class, text)) in legend.into_iter().enumerate() {
        let (x, y) = (GAP + index * 90, bottom + GAP / 2);
        writeln!(
            svg,
            "<line class=\"{class}\" x1=\"{x}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\"/>\
             <text x=\"{}\" y=\"{}\" class=\"small\">{text}</text>",
            x + 24,
            x + 50,
            y + 4
        )?;
    }
    writeln!(svg, "</svg>")
}

fn node(svg: &mut String, (x, y): (usize, usize), name: &str, address: &str) -> std::fmt::Result {
    let middle = x + WIDTH / 2;
    writeln!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>\
         <text x=\"{middle}\" y=\"{}\">{}</text>\
         <text x=\"{middle}\" y=\"{}\" class=\"small\">{}</text>",
        y + 19,
        escaped(name),
        y + 35,
        escaped(address)
    )
}
