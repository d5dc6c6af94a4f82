//! Part of brocomm.
