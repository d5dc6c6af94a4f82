//! Tests of the spool. They form one binary, to link only once.

mod crash;
mod recorded;
mod support;
mod volume;
