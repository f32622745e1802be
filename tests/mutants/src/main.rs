//! Puts every mutant that cargo-mutants lists into the sources at once, each behind a switch: one build instead of one for
//! each.
//!
//! `lode-mutants LIST SOURCES TARGET [DROPPED]`: LIST is what `cargo mutants --list --json` prints, SOURCES the root of the
//! package, TARGET a copy of it whose listed files are rewritten, DROPPED a file with the numbers of mutants to leave out
//! because they do not compile. A mutant's number is its place in LIST. Prints the numbers that were put in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::{env, fs};

use proc_macro2::{Span, TokenStream};
use quote::quote;
use serde_json::Value;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{BinOp, Block, Expr, ImplItemFn, ItemFn, Stmt, TraitItemFn, parse_quote};

/// Kind, line and column: where cargo-mutants says that something is changed.
type Place = (String, usize, usize);

/// Numbers of mutants with their replacements, by place.
type Mutants = HashMap<Place, Vec<(usize, String)>>;

struct Switches<'a> {
    mutants: &'a Mutants,
    dropped: &'a BTreeSet<usize>,
    put_in: BTreeSet<usize>,
    /// Nothing can be switched where the compiler computes.
    constant: bool,
}

impl Switches<'_> {
    /// The mutants of a kind that begin here.
    fn at(&self, kind: &str, span: Span) -> Vec<(usize, String)> {
        let start = span.start();
        let found = self.mutants.get(&(kind.to_owned(), start.line, start.column + 1));
        let mut found = found.cloned().unwrap_or_default();
        found.retain(|(number, _)| !self.constant && !self.dropped.contains(number));
        found
    }

    /// A chain of `if` over mutants, ending in the original.
    fn chain(&mut self, mutants: Vec<(usize, Expr)>, original: Expr) -> Expr {
        mutants.into_iter().rev().fold(original, |rest, (number, changed)| {
            self.put_in.insert(number);
            parse_quote!(if crate::mutation::on(#number) { #changed } else { #rest })
        })
    }

    fn body(&mut self, block: &mut Block, was: Vec<(usize, String)>) {
        for (number, replacement) in was.into_iter().rev() {
            // `()` stands for a body without a value.
            let Ok(value) = syn::parse_str::<Expr>(&replacement) else { continue };
            self.put_in.insert(number);
            let stmt: Stmt = parse_quote!(if crate::mutation::on(#number) { return #value; });
            block.stmts.insert(0, stmt);
        }
    }

    fn function(&mut self, constant: bool, block: &mut Block, visit: impl FnOnce(&mut Self, &mut Block)) {
        let outer = std::mem::replace(&mut self.constant, constant);
        let was = block.stmts.first().map(|stmt| self.at("FnValue", stmt.span())).unwrap_or_default();
        visit(self, block);
        self.body(block, was);
        self.constant = outer;
    }

    fn binary(&mut self, expr: &Expr) -> Option<Expr> {
        let Expr::Binary(binary) = expr else { return None };
        let mutants = self.at("BinaryOperator", binary.op.span());
        if mutants.is_empty() || has_let(&binary.left) || has_let(&binary.right) {
            return None;
        }
        let (left, right, op) = (&binary.left, &binary.right, &binary.op);
        let operators =
            mutants.into_iter().filter_map(|(number, text)| Some((number, syn::parse_str::<BinOp>(&text).ok()?)));
        let operators: Vec<(usize, BinOp)> = operators.collect();
        let assigns = quote!(#op).to_string().ends_with('=') && !is_comparison(op);
        let with = |left: TokenStream, right: TokenStream| -> (Vec<(usize, Expr)>, Expr) {
            let changed = operators.iter().map(|(number, op)| (*number, parse_quote!(#left #op #right))).collect();
            (changed, parse_quote!(#left #op #right))
        };
        Some(if assigns {
            let (changed, original) = with(quote!(#left), quote!(#right));
            self.chain(changed, original)
        } else if is_comparison(op) {
            let (changed, original) = with(quote!(left__), quote!(right__));
            let chain = self.chain(changed, original);
            parse_quote!((match (&(#left), &(#right)) { (left__, right__) => { #chain } }))
        } else if matches!(op, BinOp::And(_) | BinOp::Or(_)) {
            let (changed, original) = with(quote!(left__), quote!((#right)));
            let chain = self.chain(changed, original);
            parse_quote!(({ let left__: bool = #left; #chain }))
        } else {
            let (changed, original) = with(quote!(left__), quote!(right__));
            let chain = self.chain(changed, original);
            parse_quote!((match (#left, #right) { (left__, right__) => { #chain } }))
        })
    }

    fn unary(&mut self, expr: &Expr) -> Option<Expr> {
        let Expr::Unary(unary) = expr else { return None };
        let mutants = self.at("UnaryOperator", unary.op.span());
        if mutants.is_empty() {
            return None;
        }
        let (op, inner) = (&unary.op, &unary.expr);
        let changed = mutants.into_iter().map(|(number, _)| (number, parse_quote!(value__))).collect();
        let chain = self.chain(changed, parse_quote!(#op value__));
        Some(parse_quote!(({ let value__ = #inner; #chain })))
    }

    /// A field that is left out is that of the rest of the literal.
    fn fields(&mut self, expr: &mut Expr) {
        let Expr::Struct(literal) = expr else { return };
        let Some(rest) = literal.rest.as_deref().cloned() else { return };
        let path = &literal.path;
        let rest: Expr = match quote!(#rest).to_string().replace(' ', "").as_str() {
            "Default::default()" => parse_quote!(<#path as Default>::default()),
            _ => rest,
        };
        for field in &mut literal.fields {
            let mutants = self.at("StructField", field.span());
            if mutants.is_empty() {
                continue;
            }
            let (member, value) = (field.member.clone(), field.expr.clone());
            let changed = mutants.into_iter().map(|(number, _)| (number, parse_quote!((#rest).#member))).collect();
            field.expr = self.chain(changed, value);
            field.colon_token = Some(Default::default());
        }
    }
}

fn is_comparison(op: &BinOp) -> bool {
    matches!(op, BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_))
}

/// Whether a condition binds something: such a chain cannot be taken apart.
fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

impl VisitMut for Switches<'_> {
    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        let constant = item.sig.constness.is_some();
        self.function(constant, &mut item.block, |this, block| this.visit_block_mut(block));
    }

    fn visit_impl_item_fn_mut(&mut self, item: &mut ImplItemFn) {
        let constant = item.sig.constness.is_some();
        self.function(constant, &mut item.block, |this, block| this.visit_block_mut(block));
    }

    fn visit_trait_item_fn_mut(&mut self, item: &mut TraitItemFn) {
        let constant = item.sig.constness.is_some();
        if let Some(block) = &mut item.default {
            self.function(constant, block, |this, block| this.visit_block_mut(block));
        }
    }

    fn visit_item_const_mut(&mut self, _: &mut syn::ItemConst) {}

    fn visit_item_static_mut(&mut self, _: &mut syn::ItemStatic) {}

    fn visit_impl_item_const_mut(&mut self, _: &mut syn::ImplItemConst) {}

    fn visit_pat_mut(&mut self, _: &mut syn::Pat) {}

    fn visit_type_mut(&mut self, _: &mut syn::Type) {}

    fn visit_item_mod_mut(&mut self, item: &mut syn::ItemMod) {
        if !item.attrs.iter().any(|attribute| quote!(#attribute).to_string().contains("cfg (test)")) {
            visit_mut::visit_item_mod_mut(self, item);
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        // What an arm is found by is lost once its parts are rewritten.
        let mut arms = Vec::new();
        if let Expr::Match(found) = &*expr {
            for arm in &found.arms {
                let guard =
                    arm.guard.as_ref().map(|(_, guard)| (self.at("MatchArmGuard", guard.span()), has_let(guard)));
                arms.push((self.at("MatchArm", arm.span()), guard));
            }
        }
        visit_mut::visit_expr_mut(self, expr);
        if let Expr::Match(found) = &mut *expr {
            for (arm, (deleted, guards)) in found.arms.iter_mut().zip(arms) {
                if let (Some((_, guard)), Some((mutants, false))) = (&mut arm.guard, guards) {
                    for (number, replacement) in mutants {
                        self.put_in.insert(number);
                        let original = (**guard).clone();
                        **guard = if replacement == "true" {
                            parse_quote!((crate::mutation::on(#number) || #original))
                        } else {
                            parse_quote!((!crate::mutation::on(#number) && (#original)))
                        };
                    }
                }
                for (number, _) in deleted {
                    self.put_in.insert(number);
                    arm.guard = Some(match arm.guard.take() {
                        Some((token, guard)) => (token, parse_quote!(!crate::mutation::on(#number) && (#guard))),
                        None => (Default::default(), parse_quote!(!crate::mutation::on(#number))),
                    });
                }
            }
        }
        self.fields(expr);
        if let Some(switched) = self.binary(expr).or_else(|| self.unary(expr)) {
            *expr = switched;
        }
    }
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (list, sources, target) = (&arguments[0], Path::new(&arguments[1]), Path::new(&arguments[2]));
    let dropped = arguments.get(3).map(|file| fs::read_to_string(file).expect("numbers")).unwrap_or_default();
    let dropped = dropped.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    let list: Value = serde_json::from_str(&fs::read_to_string(list).expect("a list")).expect("JSON");
    let mut files: BTreeMap<&str, Mutants> = BTreeMap::new();
    for (number, mutant) in list.as_array().expect("a list").iter().enumerate() {
        let (text, start) = (|name: &str| mutant[name].as_str().unwrap_or_default(), &mutant["span"]["start"]);
        let count = |name: &str| start[name].as_u64().expect("a position") as usize;
        let place = (text("genre").to_owned(), count("line"), count("column"));
        files.entry(text("file")).or_default().entry(place).or_default().push((number, text("replacement").to_owned()));
    }
    for (name, mutants) in &files {
        let source = fs::read_to_string(sources.join(name)).expect("a source");
        let mut file = syn::parse_file(&source).expect("Rust");
        let mut switches = Switches { mutants, dropped: &dropped, put_in: BTreeSet::new(), constant: false };
        switches.visit_file_mut(&mut file);
        fs::write(target.join(name), prettyplease::unparse(&file)).expect("a file");
        for number in switches.put_in {
            println!("{number}");
        }
    }
}
