"""Every peer's number is met, and the page of the site holds them."""

from __future__ import annotations

import re

import pytest

from tests.committed import ROOT
from tests.peers.peers import PEERS, Peer, numbers_of, page


@pytest.mark.parametrize("peer", PEERS, ids=lambda p: f"{p.peer}: {p.quantity}")
def test_a_peer_has_our_number(peer: Peer) -> None:
    theirs, ours, tolerance = numbers_of(peer)
    assert abs(ours - theirs) <= tolerance


def test_there_are_at_least_twelve_and_each_is_in_the_page() -> None:
    assert len({peer.peer for peer in PEERS}) >= 12
    assert (ROOT / "docs" / "peers.md").read_text(encoding="utf-8") == page()
    assert len(re.findall(r"^\| (?!peer)", page(), re.MULTILINE)) == len(PEERS)
