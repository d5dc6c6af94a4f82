//! Plots of the latencies by percentile.
//!
//! The horizontal axis is logarithmic: a tenth of the latencies is to the right of 90%, a hundredth
//! to the right of 99%, and so on. So rare, high latencies get as much space as common ones.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use plotters::prelude::{
    BLUE, ChartBuilder, IntoDrawingArea, IntoFont, LineSeries, SVGBackend, WHITE,
};

use super::measured::Measured;
use crate::failure::{Failure, failed, reason};

/// The number of terminal columns per 9 of a percentile.
const COLUMNS: u32 = 16;

/// The number of rows above the lowest one.
const ROWS: u32 = 12;

/// The maximum number of 9s.
const NINES: u32 = 5;

/// The size of the image in pixels.
const SIZE: (u32, u32) = (800, 480);

/// Returns the latencies in milliseconds, equally spaced on the axis.
fn latencies(measured: &Measured) -> Vec<f64> {
    let points = nines(measured) * COLUMNS;
    let part = |point: u32| 1.0 - 0.1_f64.powf(f64::from(point) / f64::from(COLUMNS));
    let latency = |point| measured.latency(part(point)).unwrap_or_default() * 1e3;
    (0..=points).map(latency).collect()
}

/// Returns the number of 9s for which there are enough measurements.
fn nines(measured: &Measured) -> u32 {
    measured.answered().max(1).ilog10().clamp(1, NINES)
}

/// Returns the label of the percentile with this number of 9s.
fn percentile(nines: u32) -> String {
    match nines {
        0 => "0%".to_owned(),
        1 => "90%".to_owned(),
        2 => "99%".to_owned(),
        more => format!("99.{}%", "9".repeat(more as usize - 2)),
    }
}

/// Plots for a terminal.
pub(super) fn text(measured: &Measured) -> String {
    let config = rasciigraph::Config::default().with_height(ROWS);
    let plot = rasciigraph::plot(latencies(measured), config);
    let lines: Vec<&str> = plot.lines().map(str::trim_end).filter(|l| !l.is_empty()).collect();
    let axis = |line: &&str| line.chars().position(|c| matches!(c, '┤' | '┼'));
    let margin = lines.first().and_then(axis).unwrap_or_default();
    let mut labels = format!("{:margin$}", "");
    for nines in 0..=nines(measured) {
        labels += &format!("{:<width$}", percentile(nines), width = COLUMNS as usize);
    }
    format!("latency in ms by percentile\n{}\n{}", lines.join("\n"), labels.trim_end())
}

/// Checks that a file can be written, without changing it.
pub(super) fn check_writable(file: &Path) -> Result<(), Failure> {
    let tried = File::options().append(true).create(true).open(file);
    tried.map(drop).map_err(|error| cannot_write(file, &error))
}

fn cannot_write(file: &Path, error: &io::Error) -> Failure {
    failed(format_args!("--svg {}: cannot write: {}", file.display(), reason(error)))
}

/// Plots to an SVG file.
pub(super) fn write(file: &Path, title: &str, measured: &Measured) -> Result<(), Failure> {
    let svg = svg(title, measured)
        .map_err(|error| failed(format_args!("--svg {}: {error}", file.display())))?;
    fs::write(file, svg).map_err(|error| cannot_write(file, &error))
}

fn svg(title: &str, measured: &Measured) -> Result<String, String> {
    let latencies = latencies(measured);
    let most = latencies.iter().copied().fold(0.0, f64::max);
    // An axis needs a range.
    let most = if most > 0.0 { most * 1.05 } else { 1.0 };
    let place = |point: usize| point as f64 / f64::from(COLUMNS);
    let points = latencies.iter().enumerate().map(|(point, latency)| (place(point), *latency));
    let right = f64::from(nines(measured));
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
    let draw = || {
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&root)
            .caption(title, ("sans-serif", 18).into_font())
            .margin(16)
            // Room for half of the last label.
            .margin_right(36)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..right, 0.0..most)?;
        let label = |place: &f64| {
            let is_whole = place.fract().abs() < 1e-9;
            if is_whole { percentile(*place as u32) } else { String::new() }
        };
        chart
            .configure_mesh()
            .x_desc("percentile")
            .y_desc("latency, ms")
            .x_labels(nines(measured) as usize + 1)
            .max_light_lines(0)
            .x_label_formatter(&label)
            .draw()?;
        chart.draw_series(LineSeries::new(points.clone(), &BLUE))?;
        root.present()
    };
    draw().map_err(|error| error.to_string())?;
    drop(root);
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::super::measured::tests::thousand;
    use super::*;

    #[test]
    fn percentile_labels_are_readable() {
        let written: Vec<String> = (0..=5).map(percentile).collect();
        assert_eq!(written, ["0%", "90%", "99%", "99.9%", "99.99%", "99.999%"]);
    }

    #[test]
    fn a_thousand_latencies_are_drawn_up_to_a_thousandth() {
        let measured = thousand();
        let latencies = latencies(&measured);
        assert_eq!(latencies.len(), 49);
        assert!(latencies.is_sorted());
        let near = |at: usize, expected: f64| (latencies[at] / expected - 1.0).abs() < 2e-3;
        assert!(near(0, 1.0) && near(16, 900.0) && near(32, 990.0) && near(48, 999.0));

        let text = text(&measured);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "latency in ms by percentile");
        assert!(
            lines
                .last()
                .unwrap()
                .ends_with("0%              90%             99%             99.9%")
        );
        assert!((14..=16).contains(&lines.len()), "{text}");

        let svg = svg("a title", &measured).unwrap();
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
        for part in ["a title", "99.9%", "latency, ms", "<polyline"] {
            assert!(svg.contains(part), "{part}");
        }
    }

    #[test]
    fn few_measurements_can_be_drawn() {
        let none = Measured::default();
        assert_eq!(latencies(&none).len(), 17);
        assert!(svg("none", &none).is_ok());
        assert!(text(&none).ends_with("90%"));
    }
}
