//! What the client's connection tells (chapter 7.3.3).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use crate::rows::{Fetch, Fetched};
use crate::txn::{Session, Txn};
use state::value::Value;

mod dst;
mod dst_conn;
pub(in crate::fetches) mod http_major;
mod is_local;
mod pp;
mod rcvd_proxy;
pub(in crate::fetches) mod rtt;
mod so;
mod src;
mod streams;
mod timer;

pub(super) static ROWS: &[&[&Fetch]] = &[
    &[&dst_conn::ROW, &http_major::ROW, &rcvd_proxy::ROW],
    dst::ROWS,
    is_local::ROWS,
    pp::ROWS,
    rtt::ROWS,
    so::ROWS,
    src::ROWS,
    streams::ROWS,
    timer::ROWS,
];

/// One of a session's four addresses.
type Which = fn(&Session) -> Option<SocketAddr>;

const SRC: Which = |session| session.src;
const DST: Which = |session| session.dst;
const SOCKET_SRC: Which = |session| session.socket_src;
const SOCKET_DST: Which = |session| session.socket_dst;

fn ip<'a>(addr: Option<SocketAddr>) -> Fetched<'a> {
    addr.map(|addr| Value::ip(addr.ip())).into()
}

fn port<'a>(addr: Option<SocketAddr>) -> Fetched<'a> {
    addr.map(|addr| Value::Int(i64::from(addr.port()))).into()
}

fn is_local<'a>(txn: &Txn, which: Which) -> Fetched<'a> {
    which(&txn.session).map(|addr| Value::Bool(has_interface(addr.ip()))).into()
}

/// Whether an interface of this machine has `addr`: the kernel then sends to it from itself. Being able to bind to it
/// would prove nothing, since transparent proxies may bind to any address. Nothing is sent.
fn has_interface(addr: IpAddr) -> bool {
    let any: IpAddr =
        if addr.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let local = || -> std::io::Result<SocketAddr> {
        let socket = UdpSocket::bind((any, 0))?;
        socket.connect((addr, 9))?;
        socket.local_addr()
    };
    addr.is_loopback() || local().is_ok_and(|local| local.ip() == addr)
}
