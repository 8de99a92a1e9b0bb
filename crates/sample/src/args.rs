//! Arguments of fetches and converters: what rows ask for, what the configuration gave (chapter 7.1, "Arguments").

use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base::{ProxyId, ServerId};
use http::message::FieldName;
use state::regexp::Regex;
use state::vars::VarRef;

/// What kind of argument stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A signed integer.
    Int,
    /// Any text.
    Str,
    /// The name of a header field.
    Field,
    /// A frontend or `listen`; the current one when left out.
    Frontend,
    /// A backend or `listen`; the current one when left out.
    Backend,
    /// `[backend/]server`.
    Server,
    /// A proxy with a stick table; the current one when left out.
    Table,
    /// A variable, `scope.name`.
    Var,
    /// A regular expression.
    Regex,
    /// A mask as `255.255.0.0` or a prefix length, IPv4.
    MaskV4,
    /// A mask as `ffff:ffff::` or a prefix length, IPv6.
    MaskV6,
    /// An address.
    Ip,
    /// A duration.
    Time,
    /// A size in bytes.
    Size,
    /// A `userlist`.
    Userlist,
    /// A file of map entries.
    MapFile,
}

/// Whether an argument may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must be there.
    Required,
    /// It and all that follow may be missing.
    Optional,
}

/// One parameter of a row.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// What it is called in documentation and errors.
    pub name: &'static str,
    /// What it must be.
    pub kind: Kind,
    /// Whether it may be left out.
    pub presence: Presence,
}

impl Param {
    /// A parameter that must be given.
    #[must_use]
    pub const fn required(name: &'static str, kind: Kind) -> Param {
        Param { name, kind, presence: Presence::Required }
    }

    /// A parameter that may be left out.
    #[must_use]
    pub const fn optional(name: &'static str, kind: Kind) -> Param {
        Param { name, kind, presence: Presence::Optional }
    }
}

/// A compiled argument.
#[derive(Debug, Clone)]
pub enum Arg {
    /// Left out between commas, or a proxy that is the current one where there is none.
    Missing,
    /// An integer.
    Int(i64),
    /// Text.
    Str(Box<[u8]>),
    /// The name of a header field.
    Field(FieldName),
    /// A proxy.
    Proxy(ProxyId),
    /// A server.
    Server(ProxyId, ServerId),
    /// A variable.
    Var(VarRef),
    /// A regular expression.
    Regex(Arc<Regex>),
    /// An address or a mask.
    Ip(IpAddr),
    /// A duration.
    Time(Duration),
    /// A size in bytes.
    Size(u64),
    /// A user list, by its place among the configuration's.
    Userlist(usize),
}

/// The arguments of one use of a row.
#[derive(Debug, Default)]
pub struct Args {
    /// In the order of the row's parameters; shorter when the last ones were left out.
    pub list: Vec<Arg>,
    /// What a row's check prepared (a loaded map, a parsed list).
    pub prepared: Option<Box<dyn Any + Send + Sync>>,
}

impl Args {
    /// Whether argument `index` was given.
    #[must_use]
    pub fn has(&self, index: usize) -> bool {
        !matches!(self.list.get(index), None | Some(Arg::Missing))
    }

    /// Text argument `index`, or `None` when left out.
    #[must_use]
    pub fn str(&self, index: usize) -> Option<&[u8]> {
        match self.list.get(index) {
            Some(Arg::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// Field name argument `index`, or `None` when left out.
    #[must_use]
    pub fn field(&self, index: usize) -> Option<&FieldName> {
        match self.list.get(index) {
            Some(Arg::Field(name)) => Some(name),
            _ => None,
        }
    }

    /// Integer argument `index`, or `None` when left out.
    #[must_use]
    pub fn int(&self, index: usize) -> Option<i64> {
        match self.list.get(index) {
            Some(Arg::Int(n)) => Some(*n),
            _ => None,
        }
    }

    /// Proxy argument `index`, or `None` when left out.
    #[must_use]
    pub fn proxy(&self, index: usize) -> Option<ProxyId> {
        match self.list.get(index) {
            Some(Arg::Proxy(id) | Arg::Server(id, _)) => Some(*id),
            _ => None,
        }
    }

    /// Server argument `index`, or `None` when left out.
    #[must_use]
    pub fn server(&self, index: usize) -> Option<(ProxyId, ServerId)> {
        match self.list.get(index) {
            Some(Arg::Server(proxy, server)) => Some((*proxy, *server)),
            _ => None,
        }
    }

    /// Variable argument `index`, or `None` when left out.
    #[must_use]
    pub fn var(&self, index: usize) -> Option<VarRef> {
        match self.list.get(index) {
            Some(Arg::Var(var)) => Some(*var),
            _ => None,
        }
    }

    /// Regular expression argument `index`, or `None` when left out.
    #[must_use]
    pub fn regex(&self, index: usize) -> Option<&Regex> {
        match self.list.get(index) {
            Some(Arg::Regex(regex)) => Some(regex),
            _ => None,
        }
    }

    /// What the row's check prepared.
    #[must_use]
    pub fn prepared<T: 'static>(&self) -> Option<&T> {
        self.prepared.as_deref().and_then(<dyn Any + Send + Sync>::downcast_ref)
    }
}
