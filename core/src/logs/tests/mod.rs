//! Tests of more than one part.

mod formats;
