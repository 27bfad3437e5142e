//! Networks as Neutron takes and rewrites them.

use std::net::{IpAddr, Ipv4Addr};

/// A network: what is kept as sent (host bits too), and its normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cidr {
    pub(super) kept: String,
    pub(super) network: String,
    pub(super) v4: bool,
}

/// Reads `10.0.0.5/24`, `10.0.0.9`, `10/8`, `10.0.0.0/255.255.255.0`, `010.0.0.9`, `2001:DB8::1/64`.
pub(super) fn parse(text: &str) -> Option<Cidr> {
    let text = text.trim();
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address = parse_address(address, length.is_some())?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(bits), |length| prefix(length, bits))?;
    let network = mask(address, length);
    Some(Cidr {
        kept: format!("{address}/{length}"),
        network: format!("{network}/{length}"),
        v4: address.is_ipv4(),
    })
}

fn parse_address(text: &str, short: bool) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse().ok();
    }
    let mut octets = Vec::new();
    for part in text.split('.') {
        octets.push(part.parse::<u8>().ok()?);
    }
    if short {
        octets.resize(octets.len().max(4), 0);
    }
    let octets: [u8; 4] = octets.try_into().ok()?;
    Some(Ipv4Addr::from(octets).into())
}

fn prefix(text: &str, bits: u8) -> Option<u8> {
    if let Ok(mask) = text.parse::<Ipv4Addr>() {
        let mask = u32::from(mask);
        return (mask.leading_ones() + mask.trailing_zeros() == 32).then_some(mask.leading_ones() as u8);
    }
    text.parse().ok().filter(|length| *length <= bits)
}

fn mask(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            Ipv4Addr::from(u32::from(address) & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            std::net::Ipv6Addr::from(u128::from(address) & mask).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_kept_as_neutron_keeps_it() {
        let read = |text| parse(text).map(|cidr| (cidr.kept, cidr.network));
        let is = |kept: &str, network: &str| Some((kept.to_owned(), network.to_owned()));
        assert_eq!(read("10.0.0.0/24"), is("10.0.0.0/24", "10.0.0.0/24"));
        assert_eq!(read("10.0.0.5/24"), is("10.0.0.5/24", "10.0.0.0/24"));
        assert_eq!(read("0.0.0.0"), is("0.0.0.0/32", "0.0.0.0/32"));
        assert_eq!(read("10/8"), is("10.0.0.0/8", "10.0.0.0/8"));
        assert_eq!(read("010.0.0.9/32"), is("10.0.0.9/32", "10.0.0.9/32"));
        assert_eq!(read("10.0.0.0/255.255.255.0"), is("10.0.0.0/24", "10.0.0.0/24"));
        assert_eq!(read("2001:DB8::1/64"), is("2001:db8::1/64", "2001:db8::/64"));
        assert_eq!((read("10.0.0.0/33"), read("nonsense"), read("10.0.0")), (None, None, None));
    }
}
