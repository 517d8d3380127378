"""The interface as a conversation in lines, for screen readers, braille and slow lines.

A screen of cells is read aloud as a heap of pieces, and every redraw begins anew. So here the
answer always comes below the question and nothing is ever drawn again: no boxes, no bars, no
movement of the cursor, no colours, and words where the screens have signs. Lists are numbered, and
a number is how one goes on.
"""
