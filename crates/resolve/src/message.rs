//! Messages (RFC 1035, chapter 4; EDNS of RFC 6891): one question out, and what an answer says to it.
//!
//! An answer is read as a whole before anything of it counts. Names that stand for other names are followed in the order
//! of the records, each once, so that a chain is never longer than its message.

use std::net::IpAddr;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::{DNSClass, RData, Record, RecordType};

use crate::name::Name;
use crate::{Counter, Kind};

/// A family of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// That of an address.
    #[must_use]
    pub fn of(ip: IpAddr) -> Family {
        if ip.is_ipv4() { Family::V4 } else { Family::V6 }
    }
}

/// Which families of addresses are taken (`dns-accept-family`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Families {
    /// IPv4 alone.
    V4,
    /// IPv6 alone.
    V6,
    /// Both.
    Both,
}

impl Families {
    /// Whether addresses of this family are taken.
    #[must_use]
    pub fn take(self, family: Family) -> bool {
        match self {
            Families::Both => true,
            Families::V4 => family == Family::V4,
            Families::V6 => family == Family::V6,
        }
    }
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Data {
    /// The name has this address.
    Address(IpAddr),
    /// The service is there. The weight is that of the record, 0 to 65,535.
    Service { target: Name, port: u16, weight: u16 },
}

/// A good answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Answer {
    /// What was asked for.
    pub(crate) records: Vec<Data>,
    /// Addresses of the targets of services, told without having been asked for.
    pub(crate) additional: Vec<(Name, IpAddr)>,
}

/// Why an answer is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is no answer to the question.
    Invalid,
    /// There is no such name.
    Nx,
    /// The name server does not want to answer.
    Refused,
    /// It has no records.
    Empty,
    /// Another name leads nowhere.
    Cname,
    /// It was cut short.
    Truncated,
    /// The name server failed.
    Other,
}

impl Fault {
    pub(crate) fn counter(self) -> Counter {
        match self {
            Fault::Invalid => Counter::Invalid,
            Fault::Nx => Counter::Nx,
            Fault::Refused => Counter::Refused,
            Fault::Empty => Counter::AnyErr,
            Fault::Cname => Counter::CnameError,
            Fault::Truncated => Counter::Truncated,
            Fault::Other => Counter::Other,
        }
    }
}

fn record_type(kind: Kind) -> RecordType {
    match kind {
        Kind::A => RecordType::A,
        Kind::Aaaa => RecordType::AAAA,
        Kind::Srv => RecordType::SRV,
    }
}

/// The message that asks for a name; `None`: the name does not fit into one.
pub(crate) fn question(id: u16, name: &Name, kind: Kind, payload_bytes_max: u16) -> Option<Vec<u8>> {
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name.to_wire()?, record_type(kind)));
    let mut edns = Edns::new();
    edns.set_max_payload(payload_bytes_max);
    message.set_edns(edns);
    message.to_vec().ok()
}

/// The number of a message.
pub(crate) fn id_of(message: &[u8]) -> Option<u16> {
    message.first_chunk().map(|id| u16::from_be_bytes(*id))
}

/// Reads the answer to the question for `name`.
pub(crate) fn read(message: &[u8], name: &Name, kind: Kind, families: Families) -> Result<Answer, Fault> {
    let message = Message::from_vec(message).map_err(|_| Fault::Invalid)?;
    if message.metadata.message_type != MessageType::Response {
        return Err(Fault::Invalid);
    }
    let [query] = message.queries.as_slice() else { return Err(Fault::Invalid) };
    let is_asked = query.query_type == record_type(kind)
        && query.query_class == DNSClass::IN
        && Name::of_wire(&query.name).is_ok_and(|asked| asked == *name);
    if !is_asked {
        return Err(Fault::Invalid);
    }
    let fault = |code| match code {
        3 => Some(Fault::Nx),
        5 => Some(Fault::Refused),
        code => (code != 0).then_some(Fault::Other),
    };
    if let Some(fault) = fault(u16::from(message.metadata.response_code)) {
        return Err(fault);
    }
    if message.answers.is_empty() {
        return Err(Fault::Empty);
    }
    if kind == Kind::Srv {
        // Services that came through can be used without the others.
        return services(&message, families);
    }
    if message.metadata.truncation { Err(Fault::Truncated) } else { addresses(&message.answers, name) }
}

/// The addresses of `name`, or of the name that it stands for.
fn addresses(records: &[Record], name: &Name) -> Result<Answer, Fault> {
    let mut expected = name.clone();
    let mut answer = Answer::default();
    for (position, record) in records.iter().enumerate() {
        let owner = Name::of_wire(&record.name).map_err(|_| Fault::Invalid)?;
        if owner != expected {
            return Err(if position == 0 { Fault::Invalid } else { Fault::Cname });
        }
        if let RData::CNAME(target) = &record.data {
            if position + 1 == records.len() {
                return Err(Fault::Cname);
            }
            expected = Name::of_wire(&target.0).map_err(|_| Fault::Invalid)?;
        } else if let Some(ip) = address(record) {
            answer.records.push(Data::Address(ip));
        }
    }
    Ok(answer)
}

fn address(record: &Record) -> Option<IpAddr> {
    if let RData::A(address) = &record.data {
        return Some(IpAddr::V4(address.0));
    }
    if let RData::AAAA(address) = &record.data { Some(IpAddr::V6(address.0)) } else { None }
}

fn services(message: &Message, families: Families) -> Result<Answer, Fault> {
    let mut answer = Answer::default();
    for record in &message.answers {
        if let RData::SRV(service) = &record.data {
            let target = Name::of_wire(&service.target).map_err(|_| Fault::Invalid)?;
            let (port, weight) = (service.port, service.weight);
            answer.records.push(Data::Service { target, port, weight });
        }
    }
    for record in &message.additionals {
        let taken = address(record).filter(|ip| families.take(Family::of(*ip)));
        if let Some((name, ip)) = Name::of_wire(&record.name).ok().zip(taken) {
            answer.additional.push((name, ip));
        }
    }
    Ok(answer)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use hickory_proto::op::ResponseCode;
    use hickory_proto::rr::rdata::{A, AAAA, CNAME, SRV};

    pub(crate) fn name(text: &str) -> Name {
        Name::parse(text.as_bytes()).unwrap()
    }

    /// An answer to `question` with `fill` made to it.
    pub(crate) fn answer(question: &[u8], fill: impl FnOnce(&mut Message)) -> Vec<u8> {
        let mut message = Message::from_vec(question).unwrap();
        message.metadata.message_type = MessageType::Response;
        message.edns = None;
        fill(&mut message);
        message.to_vec().unwrap()
    }

    pub(crate) fn address_record(owner: &str, ip: &str) -> Record {
        let data = match ip.parse().unwrap() {
            IpAddr::V4(ip) => RData::A(A(ip)),
            IpAddr::V6(ip) => RData::AAAA(AAAA(ip)),
        };
        Record::from_rdata(name(owner).to_wire().unwrap(), 5, data)
    }

    pub(crate) fn service_record(owner: &str, target: &str, port: u16, weight: u16) -> Record {
        let data = SRV::new(1, weight, port, name(target).to_wire().unwrap());
        Record::from_rdata(name(owner).to_wire().unwrap(), 5, RData::SRV(data))
    }

    fn alias(owner: &str, target: &str) -> Record {
        let target = name(target).to_wire().unwrap();
        Record::from_rdata(name(owner).to_wire().unwrap(), 5, RData::CNAME(CNAME(target)))
    }

    fn told(kind: Kind, fill: impl FnOnce(&mut Message)) -> Result<Answer, Fault> {
        let question = question(7, &name("a.test"), kind, 512).unwrap();
        read(&answer(&question, fill), &name("A.test"), kind, Families::Both)
    }

    #[test]
    fn questions() {
        let bytes = question(0x1234, &name("a.bc"), Kind::Aaaa, 4096).unwrap();
        let rest: &[u8] = b"\x01a\x02bc\0\0\x1c\0\x01\0\0\x29\x10\0\0\0\0\0\0\0";
        assert_eq!(bytes, [b"\x12\x34\x01\0\0\x01\0\0\0\0\0\x01", rest].concat());
    }

    #[test]
    fn addresses_and_aliases() {
        let records = [alias("a.test", "b.test"), address_record("b.test", "10.0.0.1")];
        let found = told(Kind::A, |message| message.answers = records.to_vec()).unwrap();
        assert_eq!(found.records, [Data::Address("10.0.0.1".parse().unwrap())]);
        let fault = |records: Vec<Record>| told(Kind::A, |message| message.answers = records).unwrap_err();
        assert_eq!(fault(vec![alias("a.test", "b.test")]), Fault::Cname);
        assert_eq!(fault(vec![address_record("b.test", "10.0.0.1")]), Fault::Invalid);
        let elsewhere = vec![address_record("a.test", "10.0.0.1"), address_record("c.test", "10.0.0.2")];
        assert_eq!(fault(elsewhere), Fault::Cname);
        let around = vec![alias("a.test", "b.test"), alias("b.test", "a.test")];
        assert_eq!(fault(around), Fault::Cname);
        assert_eq!(fault(Vec::new()), Fault::Empty);
    }

    #[test]
    fn errors() {
        let code = |code| told(Kind::A, |message| message.metadata.response_code = code).unwrap_err();
        assert_eq!(code(ResponseCode::NXDomain), Fault::Nx);
        assert_eq!(code(ResponseCode::Refused), Fault::Refused);
        assert_eq!(code(ResponseCode::ServFail), Fault::Other);
        let cut = told(Kind::A, |message| {
            message.answers = vec![address_record("a.test", "10.0.0.1")];
            message.metadata.truncation = true;
        });
        assert_eq!(cut.unwrap_err(), Fault::Truncated);
        let other = |fill: fn(&mut Message)| told(Kind::A, fill).unwrap_err();
        assert_eq!(other(|message| message.queries.clear()), Fault::Invalid);
        assert_eq!(other(|message| message.queries[0].query_type = RecordType::AAAA), Fault::Invalid);
        assert_eq!(other(|message| message.metadata.message_type = MessageType::Query), Fault::Invalid);
        let wrong_name = |message: &mut Message| {
            message.queries[0].name = name("b.test").to_wire().unwrap();
            message.answers = vec![address_record("b.test", "10.0.0.1")];
        };
        assert_eq!(told(Kind::A, wrong_name).unwrap_err(), Fault::Invalid);
    }

    #[test]
    fn services_with_addresses() {
        let found = told(Kind::Srv, |message| {
            message.answers = vec![service_record("a.test", "S1.test", 80, 300)];
            message.additionals =
                vec![address_record("s1.test", "10.0.0.1"), address_record("s1.test", "::1")];
            message.metadata.truncation = true;
        })
        .unwrap();
        assert_eq!(
            found.records,
            [Data::Service { target: name("s1.test"), port: 80, weight: 300 }],
            "what came through is used"
        );
        assert_eq!(found.additional.len(), 2);
    }

    #[test]
    fn any_bytes_are_read() {
        let question = question(7, &name("a.test"), Kind::A, 512).unwrap();
        let good = answer(&question, |message| {
            message.answers = vec![alias("a.test", "b.test"), address_record("b.test", "10.0.0.1")]
        });
        for len in 0..good.len() {
            assert!(read(&good[..len], &name("a.test"), Kind::A, Families::Both).is_err(), "{len}");
            for byte in [0, 0xc0, 0xff] {
                let mut bad = good.clone();
                bad[len] = byte;
                let _ = read(&bad, &name("a.test"), Kind::A, Families::Both);
            }
        }
    }
}
