//! Carrying out one step.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rtnetlink::packet_route::address::{AddressAttribute, AddressMessage};
use rtnetlink::packet_route::route::{RouteMessage, RouteProtocol, RouteScope};
use rtnetlink::{AddressMessageBuilder, Error, Handle, LinkUnspec, RouteMessageBuilder};
use rustix::io::Errno;

use crate::machine::{Hop, Route};
use crate::prefix::Prefix;
use crate::step::{Device, LinkState, Step};

pub(super) async fn carry_out(handle: &Handle, step: &Step) -> Result<(), Error> {
    match step {
        Step::Mtu(device, mtu) => {
            let message = LinkUnspec::new_with_index(device.index).mtu(*mtu).build();
            handle.link().set(message).execute().await
        }
        Step::Link(device, state) => {
            let link = LinkUnspec::new_with_index(device.index);
            let message = match state {
                LinkState::Up => link.up().build(),
                LinkState::Down => link.down().build(),
            };
            handle.link().set(message).execute().await
        }
        Step::AddAddress(device, prefix) => add_address(handle, device, *prefix).await,
        Step::RestoreAddress(device, prefix) => {
            unless(Errno::EXIST, add_address(handle, device, *prefix).await)
        }
        Step::RemoveAddress(device, prefix) => {
            let message = address_message(device, *prefix);
            unless(Errno::ADDRNOTAVAIL, handle.address().del(message).execute().await)
        }
        Step::AddRoute(_, route) => handle.route().add(route_message(route)).execute().await,
        Step::ReplaceRoute(_, route) => handle.route().add(route_message(route)).replace().execute().await,
        Step::RemoveRoute(_, route) => {
            unless(Errno::SRCH, handle.route().del(route_message(route)).execute().await)
        }
    }
}

async fn add_address(handle: &Handle, device: &Device, prefix: Prefix) -> Result<(), Error> {
    let mut request = handle.address().add(device.index, prefix.address(), prefix.length());
    *request.message_mut() = address_message(device, prefix);
    request.execute().await
}

/// What shall go and is gone already is as it shall be, and so is what shall come and is there.
fn unless(harmless: Errno, outcome: Result<(), Error>) -> Result<(), Error> {
    match outcome {
        Err(Error::NetlinkError(message)) if message.raw_code() == -harmless.raw_os_error() => Ok(()),
        other => other,
    }
}

/// As `ip address add` makes it: without a broadcast address.
fn address_message(device: &Device, prefix: Prefix) -> AddressMessage {
    let mut message = match prefix.address() {
        IpAddr::V4(address) => AddressMessageBuilder::<Ipv4Addr>::new()
            .index(device.index)
            .address(address, prefix.length())
            .build(),
        IpAddr::V6(address) => AddressMessageBuilder::<Ipv6Addr>::new()
            .index(device.index)
            .address(address, prefix.length())
            .build(),
    };
    message.attributes.retain(|attribute| !matches!(attribute, AddressAttribute::Broadcast(_)));
    message
}

fn route_message(route: &Route) -> RouteMessage {
    let (network, length) = (route.destination.address(), route.destination.length());
    match network {
        IpAddr::V4(network) => {
            let mut builder = RouteMessageBuilder::<Ipv4Addr>::new().destination_prefix(network, length);
            if let Hop::One { gateway, source, .. } = route.hop {
                if let Some(IpAddr::V4(gateway)) = gateway {
                    builder = builder.gateway(gateway);
                } else {
                    builder = builder.scope(RouteScope::Link);
                }
                if let Some(IpAddr::V4(source)) = source {
                    builder = builder.pref_source(source);
                }
            }
            with_common(builder, route).build()
        }
        IpAddr::V6(network) => {
            let mut builder = RouteMessageBuilder::<Ipv6Addr>::new().destination_prefix(network, length);
            if let Hop::One { gateway, source, .. } = route.hop {
                if let Some(IpAddr::V6(gateway)) = gateway {
                    builder = builder.gateway(gateway);
                }
                if let Some(IpAddr::V6(source)) = source {
                    builder = builder.pref_source(source);
                }
            }
            with_common(builder, route).build()
        }
    }
}

/// Device, metric and protocol; without a device the kernel looks for one itself.
fn with_common<T>(builder: RouteMessageBuilder<T>, route: &Route) -> RouteMessageBuilder<T> {
    let builder = builder.priority(route.metric).protocol(RouteProtocol::from(route.protocol));
    match route.hop {
        Hop::One { device, .. } => builder.output_interface(device),
        Hop::Special(_) => builder,
    }
}
