//! Support for tests of fetches, converters, log formats and whatever stands above them: a transaction to look at,
//! names to resolve, and shortcuts that compile and run an expression.
//!
//! Present in this crate's own tests and with the feature `testing`, never in a release.

use std::sync::Arc;
use std::time::Duration;

use base::clock::Millis;
use base::{Lossy, ProxyId, ServerId};
use diag::{Diagnostics, FileId, Span};
use keyword::Doc;
use state::proxy::{Mode, Proxy, ProxySetup, Sides, Timeouts};
use state::runtime::Runtime;
use state::table::{KeyType, Table, TableSpec};
use state::value::{Type, Value};

use crate::args::{Arg, Args};
use crate::compile::{AclTest, Compile, Names, Place, ProxyName, Uses};
use crate::expr::Expr;
use crate::rows::{Fetch, Fetched, Needs, Walk};
use crate::txn::{ListenerFacts, Session, Txn};

/// The only proxy of [`txn`] and [`TestNames`], a `listen` in HTTP mode with id 0.
pub const PROXY: &str = "px";

/// The names of a tiny configuration: the proxy [`PROXY`] and the files that a test puts in.
#[derive(Debug, Default)]
pub struct TestNames {
    /// Path and contents of the files that expressions may name.
    pub files: Vec<(&'static str, &'static [u8])>,
}

impl Names for TestNames {
    fn proxy(&self, name: &[u8], _: Sides) -> Option<ProxyName> {
        (name == PROXY.as_bytes()).then_some(ProxyName { id: ProxyId(0), sides: Sides::Both })
    }

    fn server(&self, _: ProxyId, _: &[u8]) -> Option<ServerId> {
        None
    }

    fn userlist(&self, _: &[u8]) -> Option<usize> {
        None
    }

    fn file(&self, path: &[u8]) -> Result<Arc<[u8]>, String> {
        let found = self.files.iter().find(|(name, _)| name.as_bytes() == path);
        found.map(|(_, bytes)| (*bytes).into()).ok_or_else(|| format!("no file `{}`", Lossy(path)))
    }

    fn acl(&self, _: &[u8]) -> Option<Arc<dyn AclTest>> {
        None
    }

    fn proxy_names(&self) -> Vec<String> {
        vec![PROXY.to_owned()]
    }
}

/// A runtime with the one proxy.
#[must_use]
pub fn runtime() -> Runtime {
    let setup = ProxySetup {
        id: ProxyId(0),
        uuid: 1,
        name: PROXY.into(),
        mode: Mode::Http,
        sides: Sides::Both,
        timeouts: Timeouts::default(),
        maxconn: 0,
        fullconn: 0,
        retries: 3,
    };
    let mut runtime = Runtime::default();
    runtime.proxies.push(Arc::new(Proxy::new(setup, Vec::new(), 1)));
    runtime
}

/// A client connection from 192.0.2.1:1234 to 192.0.2.2:80, its first.
#[must_use]
pub fn session() -> Session {
    let src = Some(([192, 0, 2, 1], 1234).into());
    let dst = Some(([192, 0, 2, 2], 80).into());
    let listener = ListenerFacts { id: 1, addr: dst, ..ListenerFacts::default() };
    Session {
        id: 1,
        src,
        dst,
        socket_src: src,
        socket_dst: dst,
        accepted_wall: Duration::from_secs(1_700_000_000),
        accepted: Millis(1),
        requests: 1,
        ..Session::vacant(ProxyId(0), Arc::new(listener))
    }
}

/// An exchange on [`session`] whose messages have not arrived.
#[must_use]
pub fn txn() -> Txn {
    Txn::new(Arc::new(runtime()), Box::new(session()))
}

/// The same, where the proxy has a stick table of integers that keeps what `store` says for a minute.
///
/// # Panics
/// When `store` is no such list.
#[must_use]
pub fn txn_with_table(store: &str) -> Txn {
    let mut spec = TableSpec::new(PROXY, KeyType::Integer, 100);
    spec.expire = Some(Duration::from_secs(60));
    spec.store(store).expect("a list of data types");
    let mut runtime = runtime();
    let proxy = Arc::get_mut(&mut runtime.proxies[0]).expect("not shared yet");
    proxy.table = Some(Table::new(spec));
    Txn::new(Arc::new(runtime), Box::new(session()))
}

/// Runs `compile` with everything that compiling needs at `place`; gives back its result and what was reported.
pub fn compiling<T>(
    place: Place,
    names: &TestNames,
    compile: impl FnOnce(&mut Compile<'_>) -> T,
) -> (T, Diagnostics) {
    let mut diags = Diagnostics::new();
    let mut uses = Uses::default();
    let result = compile(&mut Compile {
        place,
        proxy: Some(ProxyId(0)),
        mode: Mode::Http,
        names,
        diags: &mut diags,
        uses: &mut uses,
        span: Span::line(FileId(0), 1),
    });
    (result, diags)
}

/// Compiles an expression among request rules; the error is its message.
///
/// # Errors
/// The message of the problem.
pub fn try_expr(text: &str) -> Result<Expr, String> {
    let (expr, _) = compiling(Place::Request, &TestNames::default(), |c| Expr::compile(text.as_bytes(), c));
    expr.map_err(|problem| problem.message)
}

/// Compiles an expression among request rules.
///
/// # Panics
/// When it does not compile.
#[must_use]
pub fn expr(text: &str) -> Expr {
    try_expr(text).unwrap_or_else(|message| panic!("`{text}`: {message}"))
}

/// Compiles and runs an expression on `txn`; the value is cast to text.
///
/// # Panics
/// When it does not compile.
#[must_use]
pub fn eval(text: &str, txn: &Txn) -> Option<String> {
    let expr = expr(text);
    expr.eval(txn).map(shown)
}

/// Compiles converters as they stand after an `input` that is text; the error is the problem's message.
///
/// # Errors
/// The message of the problem.
pub fn try_convert(converters: &str, input: &[u8], names: &TestNames) -> Result<Expr, String> {
    let args = Args { list: vec![Arg::Str(input.into())], prepared: None };
    let mut expr = Expr::from_fetch(&INPUT, args);
    let (done, _) =
        compiling(Place::Request, names, |compile| expr.append_converters(converters.as_bytes(), compile));
    done.map(|()| expr).map_err(|problem| problem.message)
}

/// Applies converters to an input that is text, within `txn`; `None`: they gave no value.
///
/// # Panics
/// When they do not compile.
#[must_use]
pub fn convert_in(txn: &Txn, converters: &str, input: &[u8]) -> Option<String> {
    let expr = try_convert(converters, input, &TestNames::default())
        .unwrap_or_else(|message| panic!("`{converters}`: {message}"));
    expr.eval(txn).map(shown)
}

/// Applies converters to an input that is text; `None`: they gave no value.
///
/// # Panics
/// When they do not compile.
#[must_use]
pub fn convert(converters: &str, input: impl AsRef<[u8]>) -> Option<String> {
    convert_in(&txn(), converters, input.as_ref())
}

/// Why converters do not compile, or `None` when they do.
#[must_use]
pub fn refusal(converters: &str) -> Option<String> {
    try_convert(converters, b"", &TestNames::default()).err()
}

/// A value as text: bytes that are no UTF-8 as `\xNN`.
#[must_use]
pub fn shown(value: Value<'_>) -> String {
    Lossy(&value.to_str()).to_string()
}

/// What [`try_convert`] starts from: its argument.
static INPUT: Fetch = Fetch {
    name: "input",
    aliases: &[],
    params: &[],
    out: Type::Str,
    needs: Needs::NOTHING,
    check: None,
    run: input,
    texts: None,
    subject: None,
    doc: Doc::brief("the value that a test gives"),
};

fn input<'a>(_: &'a Txn, args: &'a Args, _: &mut Walk) -> Fetched<'a> {
    args.str(0).map(Value::str).into()
}
