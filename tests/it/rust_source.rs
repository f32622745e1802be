//! Reads Rust source far enough for the tidy tests: names, texts and signs with their lines, and the paths they form.
//!
//! Comments are left out. Macro bodies are read like any other text, which is what the tests want.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or keyword.
    Name,
    /// A string literal, without its quotes and prefix; escapes stand as written.
    Text,
    /// A number, a character or a lifetime.
    Other,
    /// One sign.
    Sign,
}

/// A piece of source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its text.
    pub(crate) text: String,
    /// Its line, from 1.
    pub(crate) line: usize,
}

/// A path as the source names it, a `use` tree resolved into its branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourcePath {
    /// Its segments.
    pub(crate) parts: Vec<String>,
    /// Its line, from 1.
    pub(crate) line: usize,
    /// Whether it stands in a `use` declaration.
    pub(crate) in_use: bool,
}

fn is_name(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// The tokens of a source text.
pub(crate) fn lex(source: &str) -> Vec<Token> {
    let signs: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut at = 0;
    let look = |at: usize| signs.get(at).copied().unwrap_or('\0');
    while at < signs.len() {
        let start = at;
        let first_line = line;
        let sign = signs[at];
        let kind = if sign.is_whitespace() {
            at += 1;
            None
        } else if sign == '/' && look(at + 1) == '/' {
            while at < signs.len() && signs[at] != '\n' {
                at += 1;
            }
            None
        } else if sign == '/' && look(at + 1) == '*' {
            at = end_of_block_comment(&signs, at);
            None
        } else if let Some((from, to, end)) = text_literal(&signs, at) {
            at = end;
            let text = signs[from..to].iter().collect();
            tokens.push(Token { kind: Kind::Text, text, line: first_line });
            None
        } else if is_name(sign) {
            while is_name(look(at)) {
                at += 1;
            }
            Some(if sign.is_ascii_digit() { Kind::Other } else { Kind::Name })
        } else if sign == '\'' {
            at = end_of_quote(&signs, at);
            Some(Kind::Other)
        } else {
            at += 1;
            Some(Kind::Sign)
        };
        if let Some(kind) = kind {
            tokens.push(Token { kind, text: signs[start..at].iter().collect(), line: first_line });
        }
        line += signs[start..at].iter().filter(|sign| **sign == '\n').count();
    }
    tokens
}

fn end_of_block_comment(signs: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < signs.len() {
        match (signs[at], signs.get(at + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                at += 2;
            }
            ('*', Some('/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    break;
                }
            }
            _ => at += 1,
        }
    }
    at
}

/// A string literal that begins here: where its content begins and ends, and where the literal ends.
fn text_literal(signs: &[char], at: usize) -> Option<(usize, usize, usize)> {
    let look = |at: usize| signs.get(at).copied().unwrap_or('\0');
    let mut start = at;
    while matches!(look(start), 'b' | 'c' | 'r') && start < at + 2 {
        start += 1;
    }
    let raw = signs[at..start].contains(&'r');
    let mut hashes = 0;
    while raw && look(start) == '#' {
        hashes += 1;
        start += 1;
    }
    if look(start) != '"' {
        return None;
    }
    let from = start + 1;
    let mut to = from;
    while to < signs.len() {
        if !raw && signs[to] == '\\' {
            to += 2;
        } else if signs[to] == '"' && (0..hashes).all(|hash| look(to + 1 + hash) == '#') {
            return Some((from, to, to + 1 + hashes));
        } else {
            to += 1;
        }
    }
    Some((from, signs.len(), signs.len()))
}

/// The end of a character literal or a lifetime.
fn end_of_quote(signs: &[char], at: usize) -> usize {
    let look = |at: usize| signs.get(at).copied().unwrap_or('\0');
    if look(at + 1) == '\\' {
        let mut end = at + 3;
        while end < signs.len() && signs[end] != '\'' {
            end += 1;
        }
        return end + 1;
    }
    if look(at + 2) == '\'' {
        return at + 3;
    }
    let mut end = at + 1;
    while is_name(look(end)) {
        end += 1;
    }
    end
}

/// Every path of more than one segment, and every branch of every `use` declaration.
pub(crate) fn paths_of(tokens: &[Token]) -> Vec<SourcePath> {
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        let in_use = token.kind == Kind::Name && token.text == "use";
        if in_use {
            at = branches(tokens, at + 1, &[], &mut paths);
            continue;
        }
        let begins = token.kind == Kind::Name && !follows_colons(tokens, at);
        if begins && is_colons(tokens, at + 1) {
            let mut parts = vec![token.text.clone()];
            let line = token.line;
            at += 1;
            while is_colons(tokens, at) {
                at += 2;
                match tokens.get(at) {
                    Some(next) if next.kind == Kind::Name => {
                        parts.push(next.text.clone());
                        at += 1;
                    }
                    _ => break,
                }
            }
            paths.push(SourcePath { parts, line, in_use: false });
        } else {
            at += 1;
        }
    }
    paths
}

fn is_sign(tokens: &[Token], at: usize, sign: &str) -> bool {
    tokens.get(at).is_some_and(|token| token.kind == Kind::Sign && token.text == sign)
}

fn is_colons(tokens: &[Token], at: usize) -> bool {
    is_sign(tokens, at, ":") && is_sign(tokens, at + 1, ":")
}

fn follows_colons(tokens: &[Token], at: usize) -> bool {
    // `::std::fs` names a crate: its colons follow no name.
    at >= 3
        && is_colons(tokens, at - 2)
        && tokens[at - 3].kind == Kind::Name
        && !matches!(tokens[at - 3].text.as_str(), "return" | "in" | "as" | "use")
}

/// Reads one tree of a `use` declaration; gives the position behind it.
fn branches(tokens: &[Token], mut at: usize, above: &[String], paths: &mut Vec<SourcePath>) -> usize {
    let mut parts = above.to_vec();
    let line = tokens.get(at).map_or(0, |token| token.line);
    loop {
        if is_colons(tokens, at) {
            at += 2;
        } else if is_sign(tokens, at, "{") {
            at += 1;
            while at < tokens.len() && !is_sign(tokens, at, "}") {
                at = branches(tokens, at, &parts, paths);
                if is_sign(tokens, at, ",") {
                    at += 1;
                }
            }
            return at + 1;
        } else if is_sign(tokens, at, "*") {
            parts.push("*".to_owned());
            at += 1;
        } else if tokens.get(at).is_some_and(|token| token.kind == Kind::Name && token.text == "as") {
            at += 2;
        } else if let Some(token) = tokens.get(at).filter(|token| token.kind == Kind::Name) {
            parts.push(token.text.clone());
            at += 1;
        } else {
            break;
        }
    }
    paths.push(SourcePath { parts, line, in_use: true });
    at
}

mod tests {
    use super::*;

    fn names(source: &str) -> Vec<String> {
        lex(source).into_iter().filter(|token| token.kind == Kind::Name).map(|token| token.text).collect()
    }

    fn paths(source: &str) -> Vec<String> {
        paths_of(&lex(source)).into_iter().map(|path| path.parts.join("::")).collect()
    }

    #[test]
    fn comments_and_texts_hide_their_names() {
        assert_eq!(
            names("a /* b /* c */ d */ e // f\n\"g \\\" h\" i r#\"j \" k\"# l 'm' 'n o '\\'' p b\"q\" b'r'"),
            ["a", "e", "i", "l", "o", "p", "b"]
        );
    }

    #[test]
    fn texts_keep_what_they_say() {
        let texts: Vec<Token> =
            lex("cite(\"zrzg-2023-1\",\n \"（二十）\")").into_iter().filter(|token| token.kind == Kind::Text).collect();
        assert_eq!(texts[0].text, "zrzg-2023-1");
        assert_eq!((texts[1].text.as_str(), texts[1].line), ("（二十）", 2));
    }

    #[test]
    fn use_trees_are_resolved() {
        assert_eq!(
            paths("use a::{self, b::{c, d as e}, f::*}; pub(super) use ::g;"),
            ["a::self", "a::b::c", "a::b::d", "a::f::*", "g"]
        );
    }

    #[test]
    fn paths_inside_code_are_found() {
        assert_eq!(
            paths("let x: std::fs::File = ::serde::a(b, crate::api::c); Vec::<std::io::D>::new();"),
            ["std::fs::File", "serde::a", "crate::api::c", "Vec", "std::io::D",]
        );
    }
}
