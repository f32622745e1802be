//! `/projection`: what a right costs over its whole life, scenarios beside each other.

use super::calc;
use super::http::{Failure, Route};
use super::page::Section;
use super::visit::Visit;
use crate::api::reply::Reply;
use crate::api::topic::Topic;

pub(super) const ROUTES: &[Route] = &[Route::get("/projection", show)];

fn show(visit: &Visit) -> Result<Reply, Failure> {
    calc::show(visit, Topic::Projections, Section::Project)
}
