//! Bars, drawn as SVG for the book.

use std::path::Path;

use plotters::prelude::{
    BLACK, BLUE, Color, DrawingAreaErrorKind, FontStyle, IntoDrawingArea, IntoFont, Rectangle, SVGBackend, WHITE,
};

/// Bars with a title and a common scale.
pub struct Group {
    pub title: String,
    pub bars: Vec<Bar>,
}

pub struct Bar {
    pub label: String,
    /// The figure, as it is shown.
    pub shown: String,
    pub value: f64,
    /// Whether it is drawn in color.
    pub is_ours: bool,
}

/// A file of the book.
pub fn in_book(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src").join(name)
}

/// Draws groups of bars, one below the other.
pub fn draw(file: &str, groups: &[Group]) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    const LINE: i32 = 22;
    const WIDTH: i32 = 720;
    let bars = || groups.iter().flat_map(|group| &group.bars);
    let longest = bars().map(|bar| bar.label.chars().count()).max().unwrap_or(0);
    let labels = 22 + 7 * longest as i32;
    let height = LINE * (bars().count() + 2 * groups.len()) as i32;
    let path = in_book(file);
    let area = SVGBackend::new(&path, (WIDTH as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    let font = ("sans-serif", 14).into_font();
    let mut y = 0;
    for Group { title, bars } in groups {
        let most = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
        area.draw_text(title, &font.clone().style(FontStyle::Bold).into(), (8, y + 8))?;
        y += LINE + LINE / 2;
        for Bar { label, shown, value, is_ours } in bars {
            let color = if *is_ours { BLUE.mix(0.7) } else { BLACK.mix(0.25) };
            let end = labels + (f64::from(WIDTH - labels - 70) * value / most) as i32;
            area.draw_text(label, &font.clone().into(), (8, y + 2))?;
            area.draw(&Rectangle::new([(labels, y), (end, y + LINE - 4)], color.filled()))?;
            area.draw_text(shown, &font.clone().into(), (end + 6, y + 2))?;
            y += LINE;
        }
        y += LINE / 2;
    }
    area.present()
}
