//! The sink for Parquet files.

use brocomm_sinks::SinkCounts;
use brocomm_sinks::parquet::{self, ParquetConfig};

use super::{Given, Sink};
use crate::config::ParquetTable;

pub(super) fn sink(table: &ParquetTable) -> Sink {
    let config = ParquetConfig {
        reader: table.reader.clone(),
        memory: table.memory,
        retry: table.retry,
        retry_max: table.retry_max,
        ..ParquetConfig::new(&table.dir)
    };
    Sink {
        target: format!("Parquet files in {}", table.dir.display()),
        working: "files are written",
        run: Box::new(move |given| {
            let Given { path, durable, end, counts, report } = given;
            parquet::run(path, &config, durable, end, counts, report)
        }),
        counts: SinkCounts::default(),
    }
}
