"""The sandbox is held to the providers' own documents: what it says on the wire, signs, keeps and refuses."""
