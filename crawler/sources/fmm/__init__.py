"""The platform that France Médias Monde's sites share: RFI, France 24, The Observers, Monte Carlo Doualiya.

`editions` says which sites there are, `pages` cuts a page, `template` and `old_platform` find its parts, `article`
puts them together; `fragment` does the same for archived fragments and `listing` for pages of links. All are pure
functions of text; none knows the clock or the network.
"""
