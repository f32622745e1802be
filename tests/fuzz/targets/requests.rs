//! The body of a calculation, the assessment or a projection: an answer or a refusal, always JSON, never a 500.
//!
//! The first byte chooses the topic, the second the language and the detail.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lode::api::topic::answer;

#[path = "common.rs"]
mod common;

fuzz_target!(|bytes: &[u8]| {
    let [which, how, body @ ..] = bytes else { return };
    let reply = answer(common::topic(*which), body, common::call(*how));
    assert!(matches!(reply.status, 200 | 400 | 422), "{}", reply.status);
    let told: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
    if reply.status == 200 {
        assert!(told["dataset"].is_object(), "{told}");
    } else {
        assert!(told["errors"].as_array().is_some_and(|errors| !errors.is_empty()), "{told}");
    }
});
