//! The pages, without a browser: what is served, what it may load, what it says.

use crate::service::{Answer, shared};

const BROWSER: &str = "Accept: text/html,application/xhtml+xml";

fn page(target: &str) -> Answer {
    shared().send("GET", target, &[BROWSER], None)
}

#[test]
fn a_browser_gets_a_page_where_nothing_is() {
    let answer = page("/nowhere?lang=en");
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("There is no such page"));
    assert!(page("/nowhere").text().contains("没有这个页面"));
    // A client of the API gets what it understands.
    assert_eq!(shared().get("/nowhere").header("content-type"), Some("application/problem+json"));
    assert_eq!(page("/v1/nowhere").header("content-type"), Some("application/problem+json"));
}

#[test]
fn a_page_takes_only_its_methods() {
    let answer = shared().send("DELETE", "/", &[BROWSER], None);
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")));
}

#[test]
fn every_page_has_the_headers_that_keep_others_out() {
    for target in ["/", "/about", "/records", "/nowhere"] {
        let answer = page(target);
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{target}: {policy}");
        assert!(!policy.contains("unsafe"), "{target}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{target}");
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{target}");
    }
}

#[test]
fn a_choice_is_kept_in_a_cookie_and_leads_back() {
    let form = ["Content-Type: application/x-www-form-urlencoded", "Host: 127.0.0.1", "Origin: http://127.0.0.1"];
    let answer = shared().send("POST", "/preferences", &form, Some(b"unit=wan&back=%2Fabout%3Flang%3Den"));
    assert_eq!((answer.status, answer.header("location")), (303, Some("/about?lang=en")));
    assert_eq!(answer.header("set-cookie"), Some("lode_unit=wan; Path=/; Max-Age=31536000; SameSite=Lax"));
    let elsewhere = shared().send("POST", "/preferences", &form, Some(b"theme=dark&back=%2F%2Fevil.example"));
    assert_eq!(elsewhere.header("location"), Some("/"));
    let foreign = ["Content-Type: application/x-www-form-urlencoded", "Origin: https://evil.example"];
    assert_eq!(shared().send("POST", "/preferences", &foreign, Some(b"theme=dark")).status, 403);
    let dark = shared().send("GET", "/", &[BROWSER, "Cookie: lode_theme=dark"], None);
    assert!(dark.text().contains(r#"data-theme="dark""#));
}

#[test]
fn a_mineral_is_found_by_name_part_initials_and_english() {
    for (text, code) in
        [("%E9%87%91", "gold"), ("Gold&lang=en", "gold"), ("jk", "gold"), ("limestone", "cement_limestone")]
    {
        let answer = page(&format!("/?mineral={text}"));
        assert!(answer.text().contains(&format!("<code>{code}</code>")), "{text}");
    }
    assert!(page("/?mineral=%3Cscript%3E").text().contains("&#60;script&#62;"));
}
