//! The records: decisions, the journal and its verification, failures. What one right goes through is in `life`, what a
//! store goes through in the others.

mod api;
mod askers;
mod backup;
mod checks;
mod corrections;
mod disk;
mod documents;
mod edges;
mod failures;
#[cfg(feature = "postgres")]
mod instances;
mod kept;
mod life;
mod many;
mod model;
mod power;
mod refusals;
#[cfg(feature = "postgres")]
mod secured;
mod verification;
pub(crate) mod world;
